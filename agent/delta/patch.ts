import { crc32 } from "../boot/crc32.ts";
import { equalBytes } from "../image/equal-bytes.ts";
import { decodeHeader, hashedBytesOf } from "../image/header.ts";
import type { ImageReader } from "../image/reader.ts";
import { readHeaderBytes } from "../image/structure.ts";
import { decodePatchHeader, PATCH_HEADER_BYTES, type PatchHeader } from "./container.ts";
import { PatchDecoder } from "./decoder.ts";

/** Why a patch is not applied; each is a `FailureReason` of the reports. */
export type PatchRefusal = "wrongBase" | "patchFormat";

export interface PatchRefused {
  readonly ok: false;
  readonly reason: PatchRefusal;
  /** For people: what exactly, in one line without the reason. */
  readonly detail: string;
}

/** What a patch may refer to: what the image hash covers. */
export interface PatchBase {
  readonly reader: ImageReader;
  readonly hash: Uint8Array;
}

export type OpenedPatch =
  | {
      readonly ok: true;
      readonly header: PatchHeader;
      /** Applies the patch from the start. */
      decoder(): PatchDecoder;
    }
  | PatchRefused;

/** The part of an image that its hash covers; undefined without an image. */
export function hashedPart(image: ImageReader): ImageReader | undefined {
  const decoded = decodeHeader(readHeaderBytes(image), image.sizeBytes);
  return decoded.ok ? spanOf(image, 0, hashedBytesOf(decoded.header)) : undefined;
}

/**
 * Checks header and checksum of a patch, and that it is for this base. Reads every byte of the patch
 * once and nothing of the base. What `patch` throws passes through.
 */
export function openPatch(patch: ImageReader, base: PatchBase): OpenedPatch {
  const bytes = new Uint8Array(Math.min(PATCH_HEADER_BYTES, patch.sizeBytes));
  patch.read(0, bytes);
  const decoded = decodePatchHeader(bytes, patch.sizeBytes);
  if (!decoded.ok) return patchRefused("patchFormat", decoded.detail);
  const { header } = decoded;
  const wrongBase = baseRefusal(header, base.hash);
  if (wrongBase !== undefined) return wrongBase;
  const body = spanOf(patch, PATCH_HEADER_BYTES, header.bodyBytes);
  if (crcOf(body) !== header.bodyCrc) return patchRefused("patchFormat", "is damaged");
  const decoder = () => new PatchDecoder(body, base.reader);
  const { problem, targetBytes } = decoder();
  if (problem !== undefined) return patchRefused("patchFormat", problem);
  if (targetBytes !== header.targetBytes) {
    const detail = `makes ${targetBytes} bytes, its header says ${header.targetBytes}`;
    return patchRefused("patchFormat", detail);
  }
  return { ok: true, header, decoder };
}

/**
 * What the first bytes of a patch tell before the rest is there: a damaged header, another base.
 * Undefined while the header is not whole.
 */
export function patchStartRefusal(
  start: Uint8Array,
  patchBytes: number,
  baseHash: Uint8Array,
): PatchRefused | undefined {
  if (start.length < PATCH_HEADER_BYTES) return undefined;
  const decoded = decodePatchHeader(start, patchBytes);
  if (!decoded.ok) return patchRefused("patchFormat", decoded.detail);
  return baseRefusal(decoded.header, baseHash);
}

function baseRefusal(
  { baseHash }: Pick<PatchHeader, "baseHash">,
  expected: Uint8Array,
): PatchRefused | undefined {
  if (equalBytes(baseHash, expected)) return undefined;
  return patchRefused("wrongBase", `changes image ${shortHash(baseHash)}, not this one`);
}

export function patchRefused(reason: PatchRefusal, detail: string): PatchRefused {
  return { ok: false, reason, detail };
}

/** `sizeBytes` from `start` on, as a place of their own. */
function spanOf(whole: ImageReader, start: number, sizeBytes: number): ImageReader {
  return { sizeBytes, read: (offset, target) => whole.read(start + offset, target) };
}

const CRC_CHUNK_BYTES = 256;

function crcOf(span: ImageReader): number {
  const chunk = new Uint8Array(CRC_CHUNK_BYTES);
  let crc = 0;
  for (let at = 0; at < span.sizeBytes; at += CRC_CHUNK_BYTES) {
    const part = chunk.subarray(0, Math.min(CRC_CHUNK_BYTES, span.sizeBytes - at));
    span.read(at, part);
    crc = crc32(part, crc);
  }
  return crc;
}

function shortHash(hash: Uint8Array): string {
  return Array.from(hash.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
