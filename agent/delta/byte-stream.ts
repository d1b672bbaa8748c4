import type { ImageReader } from "../image/reader.ts";

/** Bytes one after the other. */
export interface ByteStream {
  /** 0 to 255, or -1: there is no more, or what there is makes no sense. */
  next(): number;
  /** Nothing is left, not even a part of something. */
  readonly isAtEnd: boolean;
}

const STREAM_BUFFER_BYTES = 128;

/** The bytes `[start, end)` of a flash or file, through a small buffer. */
export class SpanStream implements ByteStream {
  readonly #reader: ImageReader;
  readonly #end: number;
  readonly #buffer = new Uint8Array(STREAM_BUFFER_BYTES);
  /** Where the next buffer comes from. */
  #at: number;
  #bufferAt = 0;
  #bufferEnd = 0;

  constructor(reader: ImageReader, start: number, end: number) {
    this.#reader = reader;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#bufferAt === this.#bufferEnd && this.#at >= this.#end;
  }

  next(): number {
    if (this.#bufferAt === this.#bufferEnd && !this.#fill()) return -1;
    return this.#buffer[this.#bufferAt++] as number;
  }

  #fill(): boolean {
    const length = Math.min(STREAM_BUFFER_BYTES, this.#end - this.#at);
    if (length <= 0) return false;
    this.#reader.read(this.#at, this.#buffer.subarray(0, length));
    this.#at += length;
    this.#bufferAt = 0;
    this.#bufferEnd = length;
    return true;
  }
}
