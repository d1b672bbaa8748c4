import type { Crypto } from "#hal/ports.ts";
import { crc32 } from "../boot/crc32.ts";
import { hashedBytesOf } from "../image/header.ts";
import { readerOf } from "../image/reader.ts";
import type { Refused } from "../image/refusal.ts";
import { readStructure } from "../image/structure.ts";
import { makeBody } from "./body.ts";
import { encodePatchHeader, PATCH_HEADER_BYTES } from "./container.ts";
import type { Compression } from "./decoder.ts";

export type MadePatch =
  | { readonly ok: true; readonly patch: Uint8Array; readonly compression: Compression }
  /** One of the two is no whole image. */
  | (Refused & { readonly which: "base" | "target" });

/**
 * Makes the patch that turns one MCUboot image into another, with the compression that makes it
 * smallest or with the one that is asked for. What follows an image in its bytes is left out.
 */
export function makePatch(
  base: Uint8Array,
  target: Uint8Array,
  crypto: Crypto,
  only?: Compression,
): MadePatch {
  const from = readStructure(readerOf(base));
  if (!from.ok) return { ...from, which: "base" };
  const to = readStructure(readerOf(target));
  if (!to.ok) return { ...to, which: "target" };
  const baseBytes = base.subarray(0, hashedBytesOf(from.structure.header));
  const targetBytes = target.subarray(0, to.structure.sizeBytes);
  const hashedTarget = target.subarray(0, hashedBytesOf(to.structure.header));
  const { bytes: body, compression } = makeBody(baseBytes, targetBytes, only);
  const header = encodePatchHeader({
    bodyBytes: body.length,
    targetBytes: targetBytes.length,
    baseHash: crypto.hashOf("sha256", baseBytes),
    targetHash: crypto.hashOf("sha256", hashedTarget),
    bodyCrc: crc32(body),
  });
  const patch = new Uint8Array(PATCH_HEADER_BYTES + body.length);
  patch.set(header);
  patch.set(body, PATCH_HEADER_BYTES);
  return { ok: true, patch, compression };
}
