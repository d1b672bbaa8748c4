import type { ByteStream } from "./byte-stream.ts";
import { readUnsignedSize } from "./sizes.ts";

export const SCATTERED = 0;
export const REPEATED = 1;

/**
 * Decoder of detools' conditional run-length encoding: segments of a kind, a size and either that
 * many bytes or one byte that stands for as many.
 */
export class CrleStream implements ByteStream {
  readonly #source: ByteStream;
  /** Bytes of the segment still to come. */
  #left = 0;
  /** -1: they are in the source. */
  #repeated = -1;

  constructor(source: ByteStream) {
    this.#source = source;
  }

  get isAtEnd(): boolean {
    return this.#left === 0 && this.#source.isAtEnd;
  }

  next(): number {
    while (this.#left === 0) if (!this.#begin()) return -1;
    this.#left -= 1;
    return this.#repeated < 0 ? this.#source.next() : this.#repeated;
  }

  #begin(): boolean {
    const kind = this.#source.next();
    if (kind !== SCATTERED && kind !== REPEATED) return false;
    const size = readUnsignedSize(this.#source);
    if (size === undefined) return false;
    this.#left = size;
    this.#repeated = -1;
    if (kind === SCATTERED) return true;
    this.#repeated = this.#source.next();
    return this.#repeated >= 0;
  }
}
