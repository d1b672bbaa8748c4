import type { Region } from "#agent/boot/strategy.ts";
import type { Flash } from "#hal/ports.ts";

export interface KnownImage {
  readonly hash: Uint8Array;
  /** Never written to again. */
  readonly bytes: Uint8Array;
}

/** A multiple of four. In use within one call only. */
const CHUNK_BYTES = 8192;
const chunk = new Uint8Array(CHUNK_BYTES);
const chunkWords = new Int32Array(chunk.buffer);
/** Whole words of an image, aligned: a fleet compares the same image at every boot. */
const wordsOf = new WeakMap<Uint8Array, Int32Array>();

/** Does a region hold, byte for byte, the image of that hash? No hash or signature is computed. */
export function holdsKnown(
  flash: Flash,
  { address }: Region,
  images: readonly KnownImage[],
  hash: Uint8Array,
): boolean {
  const known = images.find((image) => isEqual(image.hash, hash, hash.length));
  if (known === undefined) return false;
  const { bytes } = known;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const part = chunk.subarray(0, Math.min(CHUNK_BYTES, bytes.length - at));
    flash.read(address + at, part);
    if (!isEqualAt(part, bytes, at)) return false;
  }
  return true;
}

/** Are the bytes in `chunk` those of the image from `at`, a multiple of four? */
function isEqualAt(part: Uint8Array, bytes: Uint8Array, at: number): boolean {
  const words = alignedWords(bytes);
  const first = at >> 2;
  const count = part.length >> 2;
  for (let index = 0; index < count; index++) {
    if (chunkWords[index] !== words[first + index]) return false;
  }
  return isEqual(part.subarray(4 * count), bytes.subarray(at + 4 * count), part.length & 3);
}

function alignedWords(bytes: Uint8Array): Int32Array {
  const known = wordsOf.get(bytes);
  if (known !== undefined) return known;
  const words = new Int32Array(bytes.length >> 2);
  new Uint8Array(words.buffer).set(bytes.subarray(0, 4 * words.length));
  wordsOf.set(bytes, words);
  return words;
}

function isEqual(a: Uint8Array, b: Uint8Array, length: number): boolean {
  for (let index = 0; index < length; index++) {
    if (a[index] !== b[index]) return false;
  }
  return true;
}
