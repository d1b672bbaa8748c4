import { firstNotBlank, type ImageReader } from "./reader.ts";

/** What a slot holds after the image. */
export type Rest =
  /** The image ends where the slot or file ends. */
  | { readonly type: "nothing" }
  /** 0xFF only. */
  | { readonly type: "blank" }
  /** MCUboot's own notes at the end of the slot, as `imgtool sign --pad` leaves them. */
  | { readonly type: "trailer"; readonly alignBytes: number; readonly imageOk: boolean }
  /** Something else, from this offset in the slot. */
  | { readonly type: "other"; readonly offset: number };

const MAGIC_BYTES = 16;
/** Boot magic of slots whose writes align to at most 8 bytes. */
const MAGIC_ALIGN_8 = [
  0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80,
];
/** Follows a u16 with the alignment. */
const MAGIC_ALIGN_MORE = [
  0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a,
];
const FLAG_SET = 0x01;
/** Low four bits of swap_info: none, test, permanent, revert. */
const SWAP_TYPE_MAX = 4;

/** Looks at the slot from the end of the image on. */
export function restOf(reader: ImageReader, from: number): Rest {
  const { sizeBytes } = reader;
  if (from === sizeBytes) return { type: "nothing" };
  const alignBytes = trailerAlignBytes(reader, from);
  if (alignBytes === undefined) {
    const offset = firstNotBlank(reader, from, sizeBytes, () => false);
    return offset < 0 ? { type: "blank" } : { type: "other", offset };
  }
  const magicAt = sizeBytes - MAGIC_BYTES;
  const imageOkAt = magicAt - (magicAt % alignBytes) - alignBytes;
  const copyDoneAt = imageOkAt - alignBytes;
  const swapInfoAt = copyDoneAt - alignBytes;
  let imageOk = false;
  const offset = firstNotBlank(reader, from, magicAt, (at, value) => {
    if (at === swapInfoAt) return (value & 0x0f) <= SWAP_TYPE_MAX;
    if (at === imageOkAt && value === FLAG_SET) imageOk = true;
    return (at === imageOkAt || at === copyDoneAt) && value === FLAG_SET;
  });
  return offset < 0 ? { type: "trailer", alignBytes, imageOk } : { type: "other", offset };
}

/** The write alignment that the magic at the end of the slot tells; undefined without a magic. */
function trailerAlignBytes(reader: ImageReader, from: number): number | undefined {
  if (reader.sizeBytes - from < MAGIC_BYTES) return undefined;
  const magic = new Uint8Array(MAGIC_BYTES);
  reader.read(reader.sizeBytes - MAGIC_BYTES, magic);
  if (MAGIC_ALIGN_8.every((byte, index) => magic[index] === byte)) return 8;
  if (!MAGIC_ALIGN_MORE.every((byte, index) => magic[index + 2] === byte)) return undefined;
  const alignBytes = (magic[0] ?? 0) | ((magic[1] ?? 0) << 8);
  return alignBytes === 16 || alignBytes === 32 ? alignBytes : undefined;
}
