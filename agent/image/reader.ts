import type { Digest } from "#hal/ports.ts";

/** Where an image lies: a bank of a flash, or a file in memory. */
export interface ImageReader {
  /** Of the bank or file, not of the image. */
  readonly sizeBytes: number;
  /** Fills `target`. May throw what the flash throws. */
  read(offset: number, target: Uint8Array): void;
}

export function readerOf(bytes: Uint8Array): ImageReader {
  return {
    sizeBytes: bytes.length,
    read: (offset, target) => target.set(bytes.subarray(offset, offset + target.length)),
  };
}

/** A whole number of flash sectors, large enough that a call costs little beside its bytes. */
export const CHUNK_BYTES = 16_384;

/** One for the process: it is only in use inside one synchronous call, and reveals nothing secret. */
const chunk = new Uint8Array(CHUNK_BYTES);
const chunkWords = new Uint32Array(chunk.buffer);

/**
 * Feeds bytes `[0, endBytes)` to a digest, one read of each. The first `head.length` bytes are taken
 * from `head`, so that what was parsed is what is hashed even when a flash cell changes its mind.
 */
export function digestFrom(
  reader: ImageReader,
  head: Uint8Array,
  endBytes: number,
  digest: Digest,
): void {
  chunk.set(head);
  let filled = head.length;
  for (let at = 0; at < endBytes; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, endBytes - at);
    if (filled < length) reader.read(at + filled, chunk.subarray(filled, length));
    digest.update(chunk.subarray(0, length));
    filled = 0;
  }
}

/**
 * Offset of the first byte in `[from, to)` that is not erased and that `tolerates` does not excuse;
 * -1 for none.
 */
export function firstNotErased(
  reader: ImageReader,
  from: number,
  to: number,
  erasedByte: number,
  tolerates: (offset: number, value: number) => boolean = () => false,
): number {
  const erasedWord = (erasedByte * 0x0101_0101) >>> 0;
  for (let at = from; at < to; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, to - at);
    reader.read(at, chunk.subarray(0, length));
    if (length % 4 !== 0) chunk.fill(erasedByte, length, length + 4 - (length % 4));
    const wordCount = Math.ceil(length / 4);
    for (let word = 0; word < wordCount; word++) {
      if (chunkWords[word] === erasedWord) continue;
      for (let index = 4 * word; index < 4 * word + 4; index++) {
        const value = chunk[index] ?? erasedByte;
        if (value !== erasedByte && !tolerates(at + index, value)) return at + index;
      }
    }
  }
  return -1;
}

/** Offset of the last byte in `[from, to)` that is not erased; -1 for none. */
export function lastNotErased(
  reader: ImageReader,
  from: number,
  to: number,
  erasedByte: number,
): number {
  for (let end = to; end > from; end -= CHUNK_BYTES) {
    const start = Math.max(from, end - CHUNK_BYTES);
    reader.read(start, chunk.subarray(0, end - start));
    for (let index = end - start - 1; index >= 0; index--) {
      if (chunk[index] !== erasedByte) return start + index;
    }
  }
  return -1;
}
