import type { FlashLayout } from "#agent/boot/layout.ts";
import { type BootRecord, decodeRecord, RECORD_BYTES, sequenceIn } from "#agent/boot/record.ts";
import type { NorFlash } from "../flash/nor.ts";

/** The truth in flash, found without any of the code under test but the record codec. */
export function newestRecord(flash: NorFlash, layout: FlashLayout): BootRecord | undefined {
  let newest: BootRecord | undefined;
  for (const region of layout.state) {
    const sector = new Uint8Array(region.sizeBytes);
    flash.read(region.address, sector);
    for (let at = sector.length - RECORD_BYTES; at >= 0; at -= RECORD_BYTES) {
      if (sequenceIn(sector, at) <= (newest?.sequence ?? -1)) continue;
      newest = decodeRecord(sector.subarray(at, at + RECORD_BYTES)) ?? newest;
    }
  }
  return newest;
}
