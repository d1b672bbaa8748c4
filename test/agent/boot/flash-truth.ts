import type { FlashLayout } from "#agent/boot/layout.ts";
import { type BootRecord, decodeRecord, RECORD_BYTES, sequenceIn } from "#agent/boot/record.ts";
import type { NorFlash } from "#sim/flash/nor.ts";

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

/** I13: no sector of a bank is erased more than `updates` times, no state sector more than twice as often. */
export function requireWearBound(flash: NorFlash, layout: FlashLayout, updates: number): void {
  const { sectors } = flash.geometry;
  for (const run of sectors) {
    for (let index = 0; index < run.count; index++) {
      const address = run.address + index * run.sizeBytes;
      const isState = layout.state.some((region) => region.address === address);
      const bound = isState ? 2 * updates : updates;
      const erases = flash.eraseCount(address);
      if (erases > bound) throw new RangeError(`I13: ${erases} erases at ${address}`);
    }
  }
}
