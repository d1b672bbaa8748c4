/**
 * Start of each suffix of `text`, in the order of the suffixes; one that is a prefix of another comes
 * first. Linear time: induced sorting (SA-IS; Nong, Zhang and Chan 2009).
 */
export function suffixArray(text: Uint8Array): Int32Array {
  return sortSuffixes(text, 256);
}

type Text = Uint8Array | Int32Array;

/** `text` holds integers in `[0, alphabet)`. */
function sortSuffixes(text: Text, alphabet: number): Int32Array {
  const size = text.length;
  const sorted = new Int32Array(size);
  if (size < 2) return sorted;
  const isSmall = smallSuffixes(text);
  const buckets = new Buckets(text, alphabet, isSmall);
  const starts = lmsStarts(isSmall);

  induce(text, isSmall, buckets, starts, sorted);
  const inOrder = sorted.filter((at) => isLms(isSmall, at));
  const { names, count } = nameSubstrings(text, isSmall, inOrder);
  const reduced = starts.map((at) => names[at] as number);
  if (count < starts.length) {
    const order = sortSuffixes(reduced, count);
    order.forEach((index, place) => {
      inOrder[place] = starts[index] as number;
    });
  } else {
    starts.forEach((at, index) => {
      inOrder[reduced[index] as number] = at;
    });
  }
  induce(text, isSmall, buckets, inOrder, sorted);
  return sorted;
}

/** 1 where a suffix is smaller than the one that follows it in the text, type S; else type L. */
function smallSuffixes(text: Text): Uint8Array {
  const isSmall = new Uint8Array(text.length);
  for (let at = text.length - 2; at >= 0; at--) {
    const [here, next] = [text[at] as number, text[at + 1] as number];
    isSmall[at] = here < next || (here === next && isSmall[at + 1] === 1) ? 1 : 0;
  }
  return isSmall;
}

/** Leftmost of a run of type S. */
function isLms(isSmall: Uint8Array, at: number): boolean {
  return at > 0 && isSmall[at] === 1 && isSmall[at - 1] === 0;
}

function lmsStarts(isSmall: Uint8Array): Int32Array {
  const starts: number[] = [];
  for (let at = 1; at < isSmall.length; at++) if (isLms(isSmall, at)) starts.push(at);
  return Int32Array.from(starts);
}

/** Where the suffixes with the same first symbol lie: those of type L first, then those of type S. */
class Buckets {
  readonly #largeStarts: Int32Array;
  readonly #smallStarts: Int32Array;
  readonly #ends: Int32Array;

  constructor(text: Text, alphabet: number, isSmall: Uint8Array) {
    this.#largeStarts = new Int32Array(alphabet);
    this.#smallStarts = new Int32Array(alphabet);
    this.#ends = new Int32Array(alphabet);
    const large = new Int32Array(alphabet);
    for (let at = 0; at < text.length; at++) {
      const symbol = text[at] as number;
      this.#ends[symbol] = (this.#ends[symbol] as number) + 1;
      if (isSmall[at] === 0) large[symbol] = (large[symbol] as number) + 1;
    }
    let start = 0;
    for (let symbol = 0; symbol < alphabet; symbol++) {
      const end = start + (this.#ends[symbol] as number);
      this.#largeStarts[symbol] = start;
      this.#smallStarts[symbol] = start + (large[symbol] as number);
      this.#ends[symbol] = end;
      start = end;
    }
  }

  largeStarts(): Int32Array {
    return this.#largeStarts.slice();
  }

  smallStarts(): Int32Array {
    return this.#smallStarts.slice();
  }

  ends(): Int32Array {
    return this.#ends.slice();
  }
}

/** Sorts all suffixes into `sorted`, given the LMS suffixes in their order (or, first, in any). */
function induce(
  text: Text,
  isSmall: Uint8Array,
  buckets: Buckets,
  lms: Int32Array,
  sorted: Int32Array,
): void {
  sorted.fill(-1);
  const smallPlaces = buckets.smallStarts();
  for (let index = 0; index < lms.length; index++) {
    const at = lms[index] as number;
    sorted[take(smallPlaces, text[at] as number)] = at;
  }
  const largePlaces = buckets.largeStarts();
  const last = text.length - 1;
  sorted[take(largePlaces, text[last] as number)] = last;
  for (let place = 0; place < sorted.length; place++) {
    const before = (sorted[place] as number) - 1;
    if (before < 0 || isSmall[before] === 1) continue;
    sorted[take(largePlaces, text[before] as number)] = before;
  }
  const ends = buckets.ends();
  for (let place = sorted.length - 1; place >= 0; place--) {
    const before = (sorted[place] as number) - 1;
    if (before < 0 || isSmall[before] === 0) continue;
    const symbol = text[before] as number;
    const end = (ends[symbol] as number) - 1;
    ends[symbol] = end;
    sorted[end] = before;
  }
}

function take(places: Int32Array, symbol: number): number {
  const place = places[symbol] as number;
  places[symbol] = place + 1;
  return place;
}

/** Numbers the LMS substrings by their order; equal ones get equal numbers. */
function nameSubstrings(
  text: Text,
  isSmall: Uint8Array,
  inOrder: Int32Array,
): { readonly names: Int32Array; readonly count: number } {
  const names = new Int32Array(text.length);
  let name = -1;
  let before = -1;
  inOrder.forEach((at) => {
    if (before < 0 || !isSameSubstring(text, isSmall, before, at)) name += 1;
    names[at] = name;
    before = at;
  });
  return { names, count: name + 1 };
}

function isSameSubstring(text: Text, isSmall: Uint8Array, a: number, b: number): boolean {
  for (let offset = 0; ; offset++) {
    const [inA, inB] = [a + offset, b + offset];
    if (inA >= text.length || inB >= text.length || text[inA] !== text[inB]) return false;
    if (offset === 0) continue;
    const [endsA, endsB] = [isLms(isSmall, inA), isLms(isSmall, inB)];
    if (endsA || endsB) return endsA && endsB;
  }
}
