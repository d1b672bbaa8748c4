/**
 * Gaussian elimination over GF(2), one row at a time, in place as an LU decomposition.
 *
 * Row p of `matrix` belongs to pivot column p once bit p of it is set. Its bits above p are what
 * elimination left of the equation; its bits below p name the pivots that were subtracted from the
 * raw equation on the way, so the decomposition costs nothing beyond the elimination itself:
 * raw(p) = reduced(p) + sum of reduced(q) over the bits q < p. Payloads need not be at hand.
 */
export class Elimination {
  readonly size: number;
  /** 32-bit words per row. */
  readonly words: number;
  /** `size` rows of `words`. */
  readonly matrix: Uint32Array;
  #rank = 0;

  constructor(size: number) {
    this.size = size;
    this.words = (size + 31) >> 5;
    this.matrix = new Uint32Array(size * this.words);
  }

  get rank(): number {
    return this.#rank;
  }

  /**
   * Reduces `row` (`words` long) in place by the pivots so far.
   *
   * Returns the column the row can be pivot of, to be handed to {@link insert}; or -1 when the row
   * is dependent: then its bits name the reduced rows it is the sum of.
   */
  reduce(row: Uint32Array): number {
    const { matrix, words } = this;
    for (let word = 0; word < words; word++) {
      let bits = (row[word] ?? 0) | 0;
      let subtracted = 0;
      while (bits !== 0) {
        const lowest = bits & -bits;
        const pivot = (word << 5) + 31 - Math.clz32(lowest);
        const at = pivot * words;
        const pivotBits = matrix[at + word] ?? 0;
        if ((pivotBits & lowest) === 0) {
          row[word] = bits | subtracted;
          return pivot;
        }
        bits ^= pivotBits & -lowest;
        subtracted |= lowest;
        let rest = word + 1;
        for (; rest + 4 <= words; rest += 4) {
          const from = at + rest;
          row[rest] = (row[rest] ?? 0) ^ (matrix[from] ?? 0);
          row[rest + 1] = (row[rest + 1] ?? 0) ^ (matrix[from + 1] ?? 0);
          row[rest + 2] = (row[rest + 2] ?? 0) ^ (matrix[from + 2] ?? 0);
          row[rest + 3] = (row[rest + 3] ?? 0) ^ (matrix[from + 3] ?? 0);
        }
        for (; rest < words; rest++) row[rest] = (row[rest] ?? 0) ^ (matrix[at + rest] ?? 0);
      }
      row[word] = subtracted;
    }
    return -1;
  }

  /** Adds a row that {@link reduce} gave a pivot. */
  insert(pivot: number, row: Uint32Array): void {
    const { matrix, words } = this;
    const at = pivot * words;
    for (let word = 0; word < words; word++) matrix[at + word] = row[word] ?? 0;
    this.#rank += 1;
  }

  /**
   * Turns a sum of reduced rows, as {@link reduce} leaves it, into the sum of raw rows that it is.
   */
  expand(sum: Uint32Array): void {
    const { matrix, words } = this;
    for (let column = this.size - 1; column >= 0; column--) {
      const last = column >> 5;
      if ((((sum[last] ?? 0) >>> (column & 31)) & 1) === 0) continue;
      const at = column * words;
      for (let word = 0; word < last; word++) {
        sum[word] = (sum[word] ?? 0) ^ (matrix[at + word] ?? 0);
      }
      const below = (1 << (column & 31)) - 1;
      sum[last] = (sum[last] ?? 0) ^ ((matrix[at + last] ?? 0) & below);
    }
  }
}
