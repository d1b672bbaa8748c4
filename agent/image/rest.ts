import { firstNotErased, type ImageReader, lastNotErased } from "./reader.ts";
import { trailerBefore } from "./trailer.ts";

/** What a slot holds after the image. */
export type Rest =
  /** The image ends where the slot or file ends. */
  | { readonly type: "nothing" }
  /** Erased flash only. */
  | { readonly type: "blank" }
  /** MCUboot's own notes, as `imgtool sign --pad` leaves them at the end of its slot. */
  | { readonly type: "trailer"; readonly alignBytes: number; readonly imageOk: boolean }
  /** Something else, from this offset in the slot. */
  | { readonly type: "other"; readonly offset: number };

const FLAG_SET = 0x01;
/** Low four bits of swap_info: none, test, permanent, revert. */
const SWAP_TYPE_MAX = 4;

/**
 * Looks at the slot from the end of the image on. A trailer may be followed by erased flash, because
 * a bank may be larger than the slot that the image was padded for.
 */
export function restOf(reader: ImageReader, from: number, erasedByte: 0xff | 0x00 = 0xff): Rest {
  const { sizeBytes } = reader;
  if (from === sizeBytes) return { type: "nothing" };
  const first = firstNotErased(reader, from, sizeBytes, erasedByte);
  if (first < 0) return { type: "blank" };
  const end = lastNotErased(reader, first, sizeBytes, erasedByte) + 1;
  const trailer = trailerBefore(reader, from, end);
  if (trailer === undefined) return { type: "other", offset: first };
  const { alignBytes, magic, copyDone, swapInfo } = trailer;
  let imageOk = false;
  const offset = firstNotErased(reader, first, magic, erasedByte, (at, value) => {
    if (at === swapInfo) return (value & 0x0f) <= SWAP_TYPE_MAX;
    if (at === trailer.imageOk && value === FLAG_SET) imageOk = true;
    return (at === trailer.imageOk || at === copyDone) && value === FLAG_SET;
  });
  return offset < 0 ? { type: "trailer", alignBytes, imageOk } : { type: "other", offset };
}
