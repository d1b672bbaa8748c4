import { crc32 } from "../boot/crc32.ts";
import { viewOf } from "../image/format.ts";

/**
 * What goes over the air instead of an image: this header, then a detools patch (`decoder.ts`).
 *
 *     0   magic        "FPD1"
 *     4   format       u8, 1; three zero bytes follow
 *     8   bodyBytes    u32, size of the detools patch
 *     12  targetBytes  u32, size of the image that it makes
 *     16  baseHash     32 bytes, image hash of the image that it changes
 *     48  targetHash   32 bytes, image hash of the image that it makes
 *     80  bodyCrc      u32, CRC-32 of the detools patch
 *     84  headerCrc    u32, CRC-32 of bytes 0 to 83
 *
 * Little endian. An image hash is the SHA-256 of header, payload and protected TLVs, and those
 * bytes, not the signature behind them, are the base: whoever has an image with that hash has it.
 */
export interface PatchHeader {
  readonly bodyBytes: number;
  readonly targetBytes: number;
  readonly baseHash: Uint8Array;
  readonly targetHash: Uint8Array;
  readonly bodyCrc: number;
}

export const PATCH_HEADER_BYTES = 88;
/** "FPD1" as it lies in flash. */
const MAGIC = 0x3144_5046;
const FORMAT = 1;
const HASH_BYTES = 32;
const BASE_HASH_AT = 16;
const TARGET_HASH_AT = 48;
const BODY_CRC_AT = 80;
const HEADER_CRC_AT = 84;

/** Whether something begins like a patch. */
export function isPatch(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === MAGIC;
}

export type PatchHeaderResult =
  | { readonly ok: true; readonly header: PatchHeader }
  | { readonly ok: false; readonly detail: string };

/** `patchBytes` is the size of the whole patch, of which `bytes` is the start. */
export function decodePatchHeader(bytes: Uint8Array, patchBytes: number): PatchHeaderResult {
  if (bytes.length < PATCH_HEADER_BYTES) return no("is shorter than the header of a patch");
  const view = viewOf(bytes);
  if (!isPatch(bytes)) return no("does not begin like a patch");
  if (view.getUint32(HEADER_CRC_AT, true) !== crc32(bytes.subarray(0, HEADER_CRC_AT))) {
    return no("the header is damaged");
  }
  if (view.getUint32(4, true) !== FORMAT) {
    return no(`is of format ${view.getUint8(4)}, known is ${FORMAT}`);
  }
  const header: PatchHeader = {
    bodyBytes: view.getUint32(8, true),
    targetBytes: view.getUint32(12, true),
    baseHash: bytes.slice(BASE_HASH_AT, BASE_HASH_AT + HASH_BYTES),
    targetHash: bytes.slice(TARGET_HASH_AT, TARGET_HASH_AT + HASH_BYTES),
    bodyCrc: view.getUint32(BODY_CRC_AT, true),
  };
  if (PATCH_HEADER_BYTES + header.bodyBytes === patchBytes) return { ok: true, header };
  return no(`claims ${PATCH_HEADER_BYTES + header.bodyBytes} bytes, there are ${patchBytes}`);
}

/** The header of a body. */
export function encodePatchHeader(header: PatchHeader): Uint8Array {
  const bytes = new Uint8Array(PATCH_HEADER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, FORMAT, true);
  view.setUint32(8, header.bodyBytes, true);
  view.setUint32(12, header.targetBytes, true);
  bytes.set(header.baseHash, BASE_HASH_AT);
  bytes.set(header.targetHash, TARGET_HASH_AT);
  view.setUint32(BODY_CRC_AT, header.bodyCrc, true);
  view.setUint32(HEADER_CRC_AT, crc32(bytes.subarray(0, HEADER_CRC_AT)), true);
  return bytes;
}

function no(detail: string): PatchHeaderResult {
  return { ok: false, detail };
}
