import type { FlashGeometry } from "#hal/ports.ts";
import type { Region } from "../boot/strategy.ts";
import { roundUp, sectorBytes, sectorsOf } from "../flash/sectors.ts";

/** Flash in which one data block is put together. */
export interface Place {
  /** The block lies at the start of it. */
  readonly block: Region;
  /** Coded fragments. */
  readonly scratch: Region;
  /** Holds one sector of the block while that is rewritten. */
  readonly spare: Region;
}

/** A place for blocks in `block`; `scratch` gives up its last sectors as the spare. */
export function placeOf(geometry: FlashGeometry, block: Region, scratch: Region): Place {
  const largest = Math.max(...sectorsOf(geometry, block).map((at) => sectorBytes(geometry, at)));
  let spareBytes = 0;
  const sectors = sectorsOf(geometry, scratch);
  while (spareBytes < largest) {
    const last = sectors.pop();
    if (last === undefined) throw new RangeError("scratch is smaller than a sector of the block");
    spareBytes += sectorBytes(geometry, last);
  }
  const sizeBytes = scratch.sizeBytes - spareBytes;
  return {
    block,
    scratch: { address: scratch.address, sizeBytes },
    spare: { address: scratch.address + sizeBytes, sizeBytes: spareBytes },
  };
}

/** Coded fragments that fit in the scratch of a place. */
export function scratchSlots(place: Place, fragSize: number, granuleBytes: number): number {
  return Math.floor(place.scratch.sizeBytes / roundUp(fragSize, granuleBytes));
}
