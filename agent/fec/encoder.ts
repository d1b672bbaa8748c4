import { type ParityVariant, parityRow, rowIndices } from "./rows.ts";

/** Makes the fragments of one data block. */
export class Encoder {
  readonly #variant: ParityVariant;
  readonly #nbFrag: number;
  readonly #fragSize: number;
  readonly #block: Uint8Array;

  /** `block` is the data with its padding, a whole number of fragments; it is not copied. */
  constructor(variant: ParityVariant, fragSize: number, block: Uint8Array) {
    const nbFrag = block.length / fragSize;
    if (!Number.isInteger(nbFrag) || nbFrag < 1) {
      throw new RangeError(`${block.length} bytes are not whole fragments of ${fragSize}`);
    }
    this.#variant = variant;
    this.#nbFrag = nbFrag;
    this.#fragSize = fragSize;
    this.#block = block;
  }

  /** Fragment `n` as on air: uncoded for 1..nbFrag, coded above, up to 16383. */
  fragment(n: number): Uint8Array {
    const size = this.#fragSize;
    if (n >= 1 && n <= this.#nbFrag) return this.#block.slice((n - 1) * size, n * size);
    const sum = new Uint8Array(size);
    for (const index of rowIndices(parityRow(this.#variant, this.#nbFrag, n))) {
      for (let at = 0; at < size; at++) {
        sum[at] = (sum[at] ?? 0) ^ (this.#block[index * size + at] ?? 0);
      }
    }
    return sum;
  }
}
