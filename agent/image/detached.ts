import type { Crypto } from "#hal/ports.ts";
import { equalBytes } from "./equal-bytes.ts";
import { digestFrom, type ImageReader } from "./reader.ts";
import { refused } from "./refusal.ts";
import type { ImageVerdict } from "./verify.ts";

/** A blob without a header of its own: whoever sends it tells the rest. */
export interface DetachedImage {
  readonly sizeBytes: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  /** `0.0.0+0` when nobody knows. */
  readonly version?: string;
}

/**
 * Checks size and digest of a blob at the start of a slot. That proves it arrived whole, not who
 * made it: whoever can send a blob can send its digest. Its security counter is 0.
 */
export function verifyDetached(
  reader: ImageReader,
  { sizeBytes, sha256, version = "0.0.0+0" }: DetachedImage,
  crypto: Crypto,
): ImageVerdict {
  if (!Number.isInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > reader.sizeBytes) {
    return refused("imageFormat", `is to be ${sizeBytes} bytes, there are ${reader.sizeBytes}`);
  }
  const running = crypto.hash("sha256");
  digestFrom(reader, new Uint8Array(0), sizeBytes, running);
  const hash = running.digest();
  if (!equalBytes(hash, sha256)) return refused("digest", "the hash differs from the expected one");
  return { ok: true, image: { version, hash, securityCounter: 0, sizeBytes } };
}
