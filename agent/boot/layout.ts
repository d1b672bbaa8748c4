import type { FlashGeometry } from "#hal/ports.ts";
import type { Region } from "./strategy.ts";

/** Where everything lives on one flash. Regions are whole sectors and do not overlap. */
export interface FlashLayout {
  readonly banks: readonly [Region, Region];
  /** The two append logs of the boot record: one sector each. */
  readonly state: readonly [Region, Region];
  /** Session journal: at least two sectors. */
  readonly journal: Region;
  /** Coded fragments waiting for the decoder. */
  readonly scratch: Region;
  /** STATE of embassy-boot, where images are swapped: bank 0 is ACTIVE, bank 1, a page larger, DFU. */
  readonly swapState?: Region;
  /** Places for data blocks that come while the bank is taken; each holds block and scratch. */
  readonly auxiliary?: readonly Region[];
}

/** What a layout needs, in bytes; each is rounded up to whole sectors. */
export interface LayoutSizes {
  readonly bankBytes: number;
  readonly journalBytes: number;
  readonly scratchBytes: number;
  /** Where images are swapped. */
  readonly swapStateBytes?: number;
}

export const SECTOR_BYTES = 4096;

/**
 * Bank A at 0, then bank B, the two state sectors, the journal and the scratch region; between them
 * what a swap needs.
 */
export function layoutOf(sizes: LayoutSizes): FlashLayout {
  let end = 0;
  const take = (sizeBytes: number): Region => {
    const region = { address: end, sizeBytes: Math.ceil(sizeBytes / SECTOR_BYTES) * SECTOR_BYTES };
    end += region.sizeBytes;
    return region;
  };
  const { bankBytes, swapStateBytes = 0 } = sizes;
  const swaps = swapStateBytes > 0;
  return {
    banks: [take(bankBytes), take(swaps ? bankBytes + SECTOR_BYTES : bankBytes)],
    state: [take(SECTOR_BYTES), take(SECTOR_BYTES)],
    journal: take(Math.max(sizes.journalBytes, 2 * SECTOR_BYTES)),
    ...(swaps ? { swapState: take(swapStateBytes) } : {}),
    scratch: take(sizes.scratchBytes),
  };
}

export function geometryOf(layout: FlashLayout, granuleBytes: number): FlashGeometry {
  const sizeBytes = layout.scratch.address + layout.scratch.sizeBytes;
  return {
    sizeBytes,
    granuleBytes,
    sectors: [{ address: 0, sizeBytes: SECTOR_BYTES, count: sizeBytes / SECTOR_BYTES }],
  };
}
