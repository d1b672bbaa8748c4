import type { Flash } from "#hal/ports.ts";
import type { Region } from "../boot/strategy.ts";
import type { ImageReader } from "../image/reader.ts";

/** A span of flash as a place where an image lies. */
export function flashReader(flash: Flash, { address, sizeBytes }: Region): ImageReader {
  return { sizeBytes, read: (offset, target) => flash.read(address + offset, target) };
}
