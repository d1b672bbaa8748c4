import type { ImageReader } from "./reader.ts";

/** Where the fields of MCUboot's boot trailer lie, as offsets in the slot. */
export interface TrailerPlaces {
  /** Alignment of the bootloader's writes, that the fields are padded to. */
  readonly alignBytes: 8 | 16 | 32;
  readonly magic: number;
  readonly imageOk: number;
  readonly copyDone: number;
  readonly swapInfo: number;
  readonly swapSize: number;
}

export const TRAILER_MAGIC_BYTES = 16;
/** Magic of slots whose writes align to at most 8 bytes. */
const MAGIC_ALIGN_8 = [
  0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80,
];
/** Follows a u16 with the alignment. */
const MAGIC_ALIGN_MORE = [
  0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a,
];

/** The trailer that ends at `end` and lies behind `from`; undefined without its magic. */
export function trailerBefore(
  reader: ImageReader,
  from: number,
  end: number,
): TrailerPlaces | undefined {
  const magic = end - TRAILER_MAGIC_BYTES;
  if (magic < from) return undefined;
  const bytes = new Uint8Array(TRAILER_MAGIC_BYTES);
  reader.read(magic, bytes);
  const alignBytes = alignOf(bytes);
  if (alignBytes === undefined) return undefined;
  // The magic takes whole write units as well, and stands at the end of them.
  const imageOk = end - Math.max(alignBytes, TRAILER_MAGIC_BYTES) - alignBytes;
  const copyDone = imageOk - alignBytes;
  if (copyDone < from) return undefined;
  // Not there in slots that are only overwritten: the image may reach up to there.
  const swapInfo = copyDone - alignBytes;
  const swapSize = swapInfo - alignBytes;
  return { alignBytes, magic, imageOk, copyDone, swapInfo, swapSize };
}

function alignOf(magic: Uint8Array): TrailerPlaces["alignBytes"] | undefined {
  if (MAGIC_ALIGN_8.every((byte, index) => magic[index] === byte)) return 8;
  if (!MAGIC_ALIGN_MORE.every((byte, index) => magic[index + 2] === byte)) return undefined;
  const alignBytes = (magic[0] ?? 0) | ((magic[1] ?? 0) << 8);
  return alignBytes === 16 || alignBytes === 32 ? alignBytes : undefined;
}
