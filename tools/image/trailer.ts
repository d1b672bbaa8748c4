import { FLAG } from "#agent/image/format.ts";
import { readerOf } from "#agent/image/reader.ts";
import { restOf } from "#agent/image/rest.ts";
import { type TrailerPlaces, trailerBefore } from "#agent/image/trailer.ts";
import type { DescribedRest, DescribedTrailer, TrailerFlag } from "./schema.ts";

const FLAG_SET = 0x01;
/** By their numbers in swap_info. */
const SWAP_TYPES = [undefined, "none", "test", "permanent", "revert"] as const;
/** What a bootloader of encrypted images keeps of each of two keys. */
const KEY_BYTES = 16;

/** What follows the image, with whatever a bootloader may have written there. */
export function describeRest(bytes: Uint8Array, imageBytes: number, flags: number): DescribedRest {
  for (const erasedByte of [0xff, 0x00] as const) {
    const rest = restOf(readerOf(bytes), imageBytes, erasedByte);
    if (rest.type === "nothing") return { type: "nothing" };
    if (rest.type === "blank") return { type: "blank", erasedByte };
    const end = bytes.findLastIndex((byte) => byte !== erasedByte) + 1;
    const places = trailerBefore(readerOf(bytes), imageBytes, end);
    // The flag's padding was never written.
    if (places === undefined || bytes[places.imageOk + 1] !== erasedByte) continue;
    return describeTrailer(bytes, imageBytes, places, erasedByte, flags);
  }
  return {
    type: "other",
    offset: bytes.findIndex((byte, at) => at >= imageBytes && byte !== 0xff),
  };
}

function describeTrailer(
  bytes: Uint8Array,
  imageBytes: number,
  places: TrailerPlaces,
  erasedByte: 0xff | 0x00,
  flags: number,
): DescribedTrailer {
  const { alignBytes, magic, imageOk, copyDone, swapInfo, swapSize } = places;
  const isErased = (from: number, to: number) =>
    bytes.subarray(from, to).every((byte) => byte === erasedByte);
  const isWritten = (field: number) => field >= imageBytes && !isErased(field, field + alignBytes);
  const flagAt = (at: number): TrailerFlag => {
    if (bytes[at] === erasedByte) return "unset";
    return bytes[at] === FLAG_SET ? "set" : "bad";
  };
  const keyBytes = Math.max(KEY_BYTES, alignBytes);
  const isEncrypted = (flags & (FLAG.encryptedAes128 | FLAG.encryptedAes256)) !== 0;
  const keysAt = isEncrypted ? Math.max(imageBytes, swapSize - 2 * keyBytes) : swapSize;
  const status = bytes.subarray(imageBytes, keysAt);
  return {
    type: "trailer",
    alignBytes,
    erasedByte,
    endOffset: magic + 16,
    imageOk: flagAt(imageOk),
    copyDone: flagAt(copyDone),
    swapInfo: isWritten(swapInfo) ? describeSwapInfo(bytes[swapInfo] ?? erasedByte) : null,
    swapSizeBytes: isWritten(swapSize) ? u32At(bytes, swapSize) : null,
    keySlotsWritten: isEncrypted
      ? [0, 1].filter((slot) => {
          const at = swapSize - (slot + 1) * keyBytes;
          return at >= imageBytes && !isErased(at, at + keyBytes);
        }).length
      : null,
    statusBytesWritten: status.reduce((sum, byte) => sum + Number(byte !== erasedByte), 0),
  };
}

function describeSwapInfo(value: number): NonNullable<DescribedTrailer["swapInfo"]> {
  const swapType = SWAP_TYPES[value & 0x0f] ?? "unknown";
  return { value, swapType, imageNumber: value >> 4 };
}

function u32At(bytes: Uint8Array, at: number): number {
  return Buffer.from(bytes.subarray(at, at + 4)).readUInt32LE(0);
}
