import type { Region } from "#agent/boot/strategy.ts";
import type { Flash } from "#hal/ports.ts";

export interface KnownImage {
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A multiple of four. In use within one call only. */
const CHUNK_BYTES = 8192;
const chunk = new Uint8Array(CHUNK_BYTES);

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
    if (!isEqual(part, bytes.subarray(at), part.length)) return false;
  }
  return true;
}

function isEqual(a: Uint8Array, b: Uint8Array, length: number): boolean {
  for (let index = 0; index < length; index++) {
    if (a[index] !== b[index]) return false;
  }
  return true;
}
