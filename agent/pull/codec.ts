/** The extra bytes of a pulling device's journal records: fixed layouts, little endian. */
import { IMAGE_BYTES_MAX as MCUBOOT_BYTES_MAX } from "../image/verify.ts";
import {
  type DownloadRecord,
  OFFER_ID_BYTES,
  type PulledImage,
  VERSION_BYTES_MAX,
} from "./state.ts";

const HASH_BYTES = 32;
const DOWNLOAD_BYTES = OFFER_ID_BYTES + 8;
const NAME_AT = HASH_BYTES + OFFER_ID_BYTES;
/** Of the longest record. */
export const IMAGE_BYTES_MAX = NAME_AT + VERSION_BYTES_MAX;

export function encodeDownload({ offerId, sizeBytes, updateId }: DownloadRecord): Uint8Array {
  const bytes = new Uint8Array(DOWNLOAD_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(offerId);
  view.setUint32(OFFER_ID_BYTES, sizeBytes, true);
  view.setUint32(OFFER_ID_BYTES + 4, updateId, true);
  return bytes;
}

/** Nothing is in place yet. */
export function decodeDownload(bytes: Uint8Array): DownloadRecord | undefined {
  if (bytes.length !== DOWNLOAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const sizeBytes = view.getUint32(OFFER_ID_BYTES, true);
  if (sizeBytes === 0 || sizeBytes > MCUBOOT_BYTES_MAX) return undefined;
  return {
    offerId: bytes.slice(0, OFFER_ID_BYTES),
    sizeBytes,
    updateId: view.getUint32(OFFER_ID_BYTES + 4, true),
    offsetBytes: 0,
    sectorInSpare: undefined,
  };
}

export function encodeImage({ hash, offerId, version }: PulledImage): Uint8Array {
  const text = new TextEncoder().encode(version);
  if (text.length > VERSION_BYTES_MAX) throw new RangeError(`version of ${text.length} bytes`);
  const bytes = new Uint8Array(NAME_AT + text.length);
  bytes.set(hash);
  bytes.set(offerId, HASH_BYTES);
  bytes.set(text, NAME_AT);
  return bytes;
}

export function decodeImage(bytes: Uint8Array, isAwaited: boolean): PulledImage | undefined {
  if (bytes.length < NAME_AT) return undefined;
  return {
    hash: bytes.slice(0, HASH_BYTES),
    offerId: bytes.slice(HASH_BYTES, NAME_AT),
    version: new TextDecoder().decode(bytes.subarray(NAME_AT)),
    isAwaited,
  };
}
