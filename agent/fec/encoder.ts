import {
  align16,
  arenaBytes,
  arenaWords,
  chunksOf,
  claim,
  kernel,
  reserve,
  WORK_AT,
} from "./kernel/arena.ts";
import { N_MAX, type ParityVariant, parityRow, rowWords } from "./rows.ts";

/** Makes the fragments of one data block. */
export class Encoder {
  readonly #variant: ParityVariant;
  readonly #nbFrag: number;
  readonly #fragSize: number;
  readonly #block: Uint8Array;
  /** Names our block in the arena. */
  readonly #tag = {};

  /**
   * `block` is the data with its padding: 1..16383 fragments of 1..255 bytes. It is not copied, and
   * must not change.
   */
  constructor(variant: ParityVariant, fragSize: number, block: Uint8Array) {
    if (!Number.isInteger(fragSize) || fragSize < 1 || fragSize > 255) {
      throw new RangeError(`fragSize ${fragSize} is not 1..255`);
    }
    const nbFrag = block.length / fragSize;
    if (!Number.isInteger(nbFrag) || nbFrag < 1 || nbFrag > N_MAX) {
      throw new RangeError(`${block.length} bytes are not 1..${N_MAX} fragments of ${fragSize}`);
    }
    this.#variant = variant;
    this.#nbFrag = nbFrag;
    this.#fragSize = fragSize;
    this.#block = block;
  }

  /** Fragment `n` as on air: uncoded for 1..nbFrag, coded above, up to 16383. A new array. */
  fragment(n: number): Uint8Array {
    const size = this.#fragSize;
    if (Number.isInteger(n) && n >= 1 && n <= this.#nbFrag) {
      return this.#block.slice((n - 1) * size, n * size);
    }
    const row = parityRow(this.#variant, this.#nbFrag, n);
    const words = rowWords(this.#nbFrag);
    const chunks = chunksOf(size);
    const rowAt = WORK_AT;
    const sumAt = align16(rowAt + 4 * words);
    const blockAt = sumAt + 16 * chunks;
    if (!claim(this.#tag)) {
      reserve(blockAt + this.#block.length + 16);
      arenaBytes().set(this.#block, blockAt);
    }
    arenaWords().set(row, rowAt >> 2);
    const bytes = arenaBytes();
    bytes.fill(0, sumAt, sumAt + 16 * chunks);
    kernel.xorSelected(sumAt, chunks, rowAt, words, blockAt, size);
    return bytes.slice(sumAt, sumAt + size);
  }
}
