import { IMAGE_MAGIC } from "#agent/image/format.ts";
import { readerOf } from "#agent/image/reader.ts";
import { type ImageStructure, readStructure } from "#agent/image/structure.ts";
import { InputError } from "#tools/errors.ts";
import type { BinaryFile } from "./input.ts";

/** Takes a file apart that has to be an image. Throws `InputError`. */
export function structureOf(path: string, { bytes, address }: BinaryFile): ImageStructure {
  const parsed = readStructure(readerOf(bytes));
  if (parsed.ok) return parsed.structure;
  const hint = address === undefined ? "" : elsewhere(bytes, address);
  throw new InputError(`${path}: is no whole MCUboot image: ${parsed.detail}${hint}`);
}

/** Build systems join bootloader and image in one HEX file. */
function elsewhere(bytes: Uint8Array, address: number): string {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(IMAGE_MAGIC);
  const at = Buffer.from(bytes).indexOf(magic);
  if (at <= 0) return "";
  const [start, image] = [address, address + at].map((it) => `0x${it.toString(16)}`);
  return `; the file begins at ${start}, an image at ${image}: take a file of the image alone`;
}
