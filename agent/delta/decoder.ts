import type { ImageReader } from "../image/reader.ts";
import { type ByteStream, SpanStream } from "./byte-stream.ts";
import { CrleStream } from "./crle.ts";
import { decodeShape, HeatshrinkStream } from "./heatshrink.ts";
import { readSignedSize } from "./sizes.ts";

/** First byte of a detools patch: its type in bits 4 to 6, the compression in bits 0 to 3. */
const PATCH_TYPE_SEQUENTIAL = 0;
export const COMPRESSION = { none: 0, crle: 2, heatshrink: 4 } as const;
export type Compression = keyof typeof COMPRESSION;

const BASE_BUFFER_BYTES = 128;

/** What a patch is at the moment: the part whose bytes come next, or that is all. */
type Part = "start" | "diff" | "extra" | "end";

/**
 * Applies a detools patch of type "sequential" to a base and gives the target, from front to back.
 *
 * After a first byte and the size of the target, everything is compressed: the size of a
 * data-format patch (always 0 here), then chunks of
 *
 *     size, so many differences to the base from where it stands | size, so many bytes
 *     | signed step of the place in the base
 *
 * until the target is complete. Never reads outside of body and base, never gives more than the
 * target, and takes time in proportion to it, whatever the patch says. Holds the window of the
 * compression (at most 2 KiB) and two buffers of 128 bytes.
 */
export class PatchDecoder {
  /** As the patch says; -1 when it does not say. */
  readonly targetBytes: number;
  /** Why the patch is no good, once that is known. */
  problem: string | undefined;
  readonly #base: ImageReader;
  readonly #baseBuffer = new Uint8Array(BASE_BUFFER_BYTES);
  readonly #stream: ByteStream;
  #part: Part = "start";
  /** Bytes of the part still to come. */
  #left = 0;
  #basePlace = 0;
  #written = 0;
  #chunks = 0;

  /** The patch is all of `body`; the base all of `base`. What they throw passes through. */
  constructor(body: ImageReader, base: ImageReader) {
    this.#base = base;
    const source = new SpanStream(body, 0, body.sizeBytes);
    const head = source.next();
    this.targetBytes = readSignedSize(source) ?? -1;
    this.#stream = this.#open(head, source);
  }

  /** Gives the next bytes of the target, which must not end before them. False: see `problem`. */
  fill(target: Uint8Array): boolean {
    if (this.#written + target.length > this.targetBytes) {
      return this.#fail(`makes ${this.targetBytes} bytes`);
    }
    for (let at = 0; at < target.length; ) {
      if (this.problem !== undefined) return false;
      if (this.#left === 0) {
        this.#advance();
        continue;
      }
      const length = Math.min(this.#left, target.length - at, BASE_BUFFER_BYTES);
      if (!this.#give(target.subarray(at, at + length))) return false;
      at += length;
    }
    return this.problem === undefined;
  }

  /** After the last byte of the target: whether the patch ends there, too. */
  finish(): boolean {
    while (this.problem === undefined && this.#left === 0 && this.#part !== "end") this.#advance();
    if (this.problem !== undefined) return false;
    if (this.#left > 0) return this.#fail("has more to give");
    return this.#stream.isAtEnd || this.#fail("goes on behind its end");
  }

  #open(head: number, source: ByteStream): ByteStream {
    if (this.targetBytes < 0) this.#fail("does not say what size it makes");
    if (head >> 4 !== PATCH_TYPE_SEQUENTIAL) this.#fail("is not of detools' sequential type");
    switch (head & 0x0f) {
      case COMPRESSION.none:
        return source;
      case COMPRESSION.crle:
        return new CrleStream(source);
      case COMPRESSION.heatshrink: {
        const shape = decodeShape(source.next());
        if (shape !== undefined) return new HeatshrinkStream(source, shape);
        this.#fail("is compressed with a window that this device has no memory for");
        return source;
      }
      default:
        this.#fail(`is compressed by method ${head & 0x0f}; known are none, crle and heatshrink`);
        return source;
    }
  }

  #give(target: Uint8Array): boolean {
    const isDiff = this.#part === "diff";
    const base = this.#baseBuffer;
    if (isDiff) this.#base.read(this.#basePlace, base.subarray(0, target.length));
    for (let at = 0; at < target.length; at++) {
      const byte = this.#stream.next();
      if (byte < 0) return this.#fail("ends early, or is not what it was");
      target[at] = isDiff ? byte + (base[at] as number) : byte;
    }
    if (isDiff) this.#basePlace += target.length;
    this.#left -= target.length;
    this.#written += target.length;
    return true;
  }

  /** To the next part. Whatever its size, that many bytes fit in the target and are in the base. */
  #advance(): void {
    const isChunkOver = this.#part !== "diff";
    if (this.#part === "start") this.#expectNoDataFormat();
    if (this.#part === "extra") this.#step();
    if (this.problem !== undefined) return;
    if (isChunkOver && this.#written === this.targetBytes) {
      this.#part = "end";
      return;
    }
    // Chunks may be empty, but a patch cannot go on like that.
    if (isChunkOver && this.#chunks++ > 2 * this.targetBytes) {
      this.#fail("makes no progress");
      return;
    }
    this.#part = isChunkOver ? "diff" : "extra";
    const size = readSignedSize(this.#stream) ?? -1;
    if (size < 0) this.#fail("has a part of no size");
    else if (this.#written + size > this.targetBytes) this.#fail("makes more than it says");
    else if (isChunkOver && this.#basePlace + size > this.#base.sizeBytes) {
      this.#fail("refers to bytes behind the base");
    } else this.#left = size;
  }

  #expectNoDataFormat(): void {
    if (readSignedSize(this.#stream) !== 0) this.#fail("has a data format, which is not supported");
  }

  #step(): void {
    const step = readSignedSize(this.#stream);
    const place = this.#basePlace + (step ?? Number.NaN);
    if (place >= 0 && place <= this.#base.sizeBytes) this.#basePlace = place;
    else this.#fail("steps out of the base");
  }

  #fail(problem: string): false {
    this.problem ??= problem;
    return false;
  }
}
