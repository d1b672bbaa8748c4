/**
 * Where each byte of some data is found before: the longest match within a window. In front of the
 * data there are as many zeros as the window is large.
 */
export interface Matches {
  readonly windowBits: number;
  /** Of the match at each place; 0: there is none of two bytes or more. */
  readonly lengths: Uint16Array;
  /** How far back it begins. */
  readonly distances: Uint16Array;
}

/** No sensible copy is longer: a lookahead has fewer bits than the window. */
function lengthMaxOf(windowBits: number): number {
  return 2 ** (windowBits - 1);
}

/** Finds the longest match at every place; of several, the nearest. */
export function matchesWithin(data: Uint8Array, windowBits: number): Matches {
  const window = 2 ** windowBits;
  const whole = new Uint8Array(window + data.length);
  whole.set(data, window);
  const finder = new Finder(whole, window, lengthMaxOf(windowBits));
  const lengths = new Uint16Array(whole.length);
  const distances = new Uint16Array(whole.length);
  for (let at = 0; at < whole.length; at++) {
    finder.find(at);
    lengths[at] = finder.length;
    distances[at] = finder.distance;
  }
  return { windowBits, lengths: lengths.subarray(window), distances: distances.subarray(window) };
}

const HEADS = 0x1_0000;

/**
 * Differences to a base are long runs of zeros. In a run every place looks like every other, so
 * places are looked up by the byte and by how long the run still is: only those of equal length can
 * agree beyond the run's end. A run of another length agrees for the shorter one.
 */
class Finder {
  length = 0;
  distance = 0;
  readonly #data: Uint8Array;
  readonly #window: number;
  readonly #lengthMax: number;
  /** Equal bytes from each place on. */
  readonly #runs: Uint32Array;
  /** By what a place looks like: the last one; before each place: the one before. 0: none. */
  readonly #heads = new Int32Array(HEADS);
  readonly #previous: Int32Array;
  /** The same for places where a run begins, by its byte. */
  readonly #runHeads = new Int32Array(256);
  readonly #previousRuns: Int32Array;

  constructor(data: Uint8Array, window: number, lengthMax: number) {
    this.#data = data;
    this.#window = window;
    this.#lengthMax = lengthMax;
    this.#runs = runsOf(data);
    this.#previous = new Int32Array(data.length);
    this.#previousRuns = new Int32Array(data.length);
  }

  /** To be called for every place in turn. */
  find(at: number): void {
    this.length = 0;
    this.distance = 0;
    const data = this.#data;
    const max = Math.min(this.#lengthMax, data.length - at);
    if (max < 2) return;
    const run = this.#runs[at] as number;
    const isInRun = at > 0 && data[at - 1] === data[at];
    if (isInRun && run >= 2) this.#take(at - 1, at, Math.min(run, max));
    const head = this.#headOf(at);
    if (this.length < max) this.#followChain(head, at, max);
    if (run >= 2 && !isInRun) {
      if (this.length < Math.min(run, max)) this.#followRuns(at, run, max);
      this.#previousRuns[at] = this.#runHeads[data[at] as number] as number;
      this.#runHeads[data[at] as number] = at + 1;
    }
    this.#previous[at] = this.#heads[head] as number;
    this.#heads[head] = at + 1;
  }

  #headOf(at: number): number {
    const run = this.#runs[at] as number;
    const next = this.#data[at + 1] as number;
    const look = run === 1 ? next : run * 0x1ff + 0x100;
    return (((this.#data[at] as number) << 8) + look) % HEADS;
  }

  #followChain(head: number, at: number, max: number): void {
    const data = this.#data;
    let place = this.#heads[head] as number;
    for (; place > 0 && at - place < this.#window; place = this.#previous[place - 1] as number) {
      const from = place - 1;
      if (data[from + this.length] !== data[at + this.length]) continue;
      let length = 0;
      while (length < max && data[from + length] === data[at + length]) length += 1;
      if (length > this.length && length >= 2) this.#take(from, at, length);
      if (this.length >= max) return;
    }
  }

  #followRuns(at: number, run: number, max: number): void {
    const limit = Math.min(run, max);
    let place = this.#runHeads[this.#data[at] as number] as number;
    for (; place > 0 && this.length < limit; place = this.#previousRuns[place - 1] as number) {
      // The run may begin before the window and reach into it.
      const from = Math.max(place - 1, at - this.#window);
      const left = place - 1 + (this.#runs[place - 1] as number) - from;
      if (left <= 0) return;
      const length = Math.min(left, limit);
      if (length > this.length && length >= 2) this.#take(from, at, length);
    }
  }

  #take(from: number, at: number, length: number): void {
    this.length = length;
    this.distance = at - from;
  }
}

function runsOf(data: Uint8Array): Uint32Array {
  const runs = new Uint32Array(data.length);
  for (let at = data.length - 1; at >= 0; at--) {
    const goesOn = at + 1 < data.length && data[at] === data[at + 1];
    runs[at] = goesOn ? (runs[at + 1] as number) + 1 : 1;
  }
  return runs;
}
