import { suffixArray } from "./suffix-array.ts";

/**
 * A step of making the target from the base: `diffBytes` bytes that resemble those of the base at
 * `basePlace`, then `extraBytes` new ones.
 */
export interface DiffChunk {
  readonly targetPlace: number;
  readonly basePlace: number;
  readonly diffBytes: number;
  readonly extraBytes: number;
  /** From the end of the chunk's bytes in the base to the start of the next one's. */
  readonly step: number;
}

/** So many more bytes must a match elsewhere have before the present one is left for it. */
const GAIN_BYTES_MIN = 8;

/**
 * Finds the parts of the base that resemble the target (bsdiff; Percival 2003): exact matches found
 * in the sorted suffixes of the base, extended in both directions while at least half of the bytes
 * agree. The chunks make up the target from front to back.
 */
export function diffChunks(base: Uint8Array, target: Uint8Array): readonly DiffChunk[] {
  const matches = new Matches(base, target);
  const chunks: DiffChunk[] = [];
  let scan = 0;
  let length = 0;
  let match = 0;
  /** The target from here on is still to be made, and resembles the base from there on. */
  let targetPlace = 0;
  let basePlace = 0;
  while (scan < target.length) {
    const offset = basePlace - targetPlace;
    const agrees = (at: number) => at + offset < base.length && base[at + offset] === target[at];
    /** Bytes of the match that the present offset gets right as well. */
    let score = 0;
    scan += length;
    for (let scored = scan; scan < target.length; scan++) {
      length = matches.find(scan);
      match = matches.place;
      for (; scored < scan + length; scored++) if (agrees(scored)) score += 1;
      if ((length === score && length > 0) || length > score + GAIN_BYTES_MIN) break;
      if (agrees(scan)) score -= 1;
    }
    if (length === score && scan < target.length) continue;
    const until = { base, target, targetPlace, basePlace, scan, match };
    const { forward, back } = extents(until);
    chunks.push({
      targetPlace,
      basePlace,
      diffBytes: forward,
      extraBytes: scan - back - (targetPlace + forward),
      step: match - back - (basePlace + forward),
    });
    targetPlace = scan - back;
    basePlace = match - back;
  }
  return chunks;
}

interface Gap {
  readonly base: Uint8Array;
  readonly target: Uint8Array;
  readonly targetPlace: number;
  readonly basePlace: number;
  /** Where the next match is, in the target and in the base. */
  readonly scan: number;
  readonly match: number;
}

/** How far the present match goes on, and how far the next one reaches back; never both. */
function extents(gap: Gap): { readonly forward: number; readonly back: number } {
  const { base, target, targetPlace, basePlace, scan, match } = gap;
  const forwardMax = Math.min(scan - targetPlace, base.length - basePlace);
  const forward = bestExtent(
    forwardMax,
    (index) => target[targetPlace + index] === base[basePlace + index],
  );
  if (scan >= target.length) return { forward, back: 0 };
  const back = bestExtent(
    Math.min(scan - targetPlace, match),
    (index) => target[scan - 1 - index] === base[match - 1 - index],
  );
  const overlap = targetPlace + forward - (scan - back);
  if (overlap <= 0) return { forward, back };
  const forwardPart = splitOf(gap, forward, back, overlap);
  return { forward: forward - overlap + forwardPart, back: back - forwardPart };
}

/** The extent in which most more bytes agree than differ. */
function bestExtent(max: number, agrees: (index: number) => boolean): number {
  let agreeing = 0;
  let best = 0;
  let bestScore = 0;
  for (let index = 0; index < max; index++) {
    if (agrees(index)) agreeing += 1;
    const score = 2 * agreeing - (index + 1);
    if (score <= bestScore) continue;
    bestScore = score;
    best = index + 1;
  }
  return best;
}

/** How much of the overlap is better served by the present match. */
function splitOf(gap: Gap, forward: number, back: number, overlap: number): number {
  const { base, target, targetPlace, basePlace, scan, match } = gap;
  let score = 0;
  let bestScore = 0;
  let best = 0;
  for (let index = 0; index < overlap; index++) {
    const at = targetPlace + forward - overlap + index;
    if (target[at] === base[basePlace + forward - overlap + index]) score += 1;
    if (target[scan - back + index] === base[match - back + index]) score -= 1;
    if (score <= bestScore) continue;
    bestScore = score;
    best = index + 1;
  }
  return best;
}

/** The longest match in the base for what the target has at a place. */
class Matches {
  /** Of the match found last. */
  place = 0;
  readonly #base: Uint8Array;
  readonly #target: Uint8Array;
  readonly #sorted: Int32Array;

  constructor(base: Uint8Array, target: Uint8Array) {
    this.#base = base;
    this.#target = target;
    this.#sorted = suffixArray(base);
  }

  /** Its length; 0 for none. */
  find(scan: number): number {
    const sorted = this.#sorted;
    if (sorted.length === 0) return 0;
    let low = 0;
    let high = sorted.length - 1;
    let lowLength = this.#agreement(sorted[low] as number, scan, 0);
    let highLength = this.#agreement(sorted[high] as number, scan, 0);
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      const suffix = sorted[middle] as number;
      // All suffixes between two that agree so far with the target do, too.
      const length = this.#agreement(suffix, scan, Math.min(lowLength, highLength));
      if (this.#isBelow(suffix + length, scan + length)) {
        low = middle;
        lowLength = length;
      } else {
        high = middle;
        highLength = length;
      }
    }
    this.place = sorted[lowLength > highLength ? low : high] as number;
    return Math.max(lowLength, highLength);
  }

  /** Bytes that agree, of which `known` are known to. */
  #agreement(suffix: number, scan: number, known: number): number {
    const base = this.#base;
    const target = this.#target;
    const max = Math.min(base.length - suffix, target.length - scan);
    let length = known;
    while (length < max && base[suffix + length] === target[scan + length]) length += 1;
    return length;
  }

  /** At the first difference; the end of either comes before any byte. */
  #isBelow(baseAt: number, targetAt: number): boolean {
    if (targetAt >= this.#target.length) return false;
    return baseAt >= this.#base.length || (this.#base[baseAt] ?? 0) < (this.#target[targetAt] ?? 0);
  }
}
