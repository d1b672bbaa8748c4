import type { Flash } from "#hal/ports.ts";
import { erasedByteOf, roundUp, sectorBytes, sectorsOf } from "../flash/sectors.ts";
import type { FlashLayout } from "./layout.ts";
import type { Region } from "./strategy.ts";

/** The partitions of embassy-boot 0.7, all on one flash. */
export interface EmbassyPartitions {
  /** The only place where an image runs. */
  readonly active: Region;
  /** Where the update goes: at least a page larger than ACTIVE. */
  readonly dfu: Region;
  /** Magic, validity and progress. */
  readonly state: Region;
}

/** Beside the partitions, what no embassy-boot looks at. */
export interface EmbassyLayout extends EmbassyPartitions {
  /** The two copies of our boot record. */
  readonly records: readonly [Region, Region];
}

/** Of the entries behind the progress, whole granules each. */
export const SEAL_BYTES = 16;
export const NOTE_BYTES = 8;
const NOTES_MIN = 4;

export interface EmbassyShape {
  /** Of ACTIVE. */
  readonly pages: number;
  /** What is copied at once: the largest sector of ACTIVE and DFU. */
  readonly pageBytes: number;
  /** The unit of STATE. */
  readonly wordBytes: number;
  /** Whole words that STATE holds. */
  readonly stateWords: number;
  readonly erasedByte: 0xff | 0x00;
}

/** Throws `RangeError` for a layout that is not one for swaps. */
export function embassyLayoutOf({
  banks,
  state: records,
  swapState: state,
}: Pick<FlashLayout, "banks" | "state" | "swapState">): EmbassyLayout {
  if (state === undefined) throw new RangeError("a layout without swapState");
  return { active: banks[0], dfu: banks[1], state, records };
}

/** Throws `RangeError` for partitions that embassy-boot would refuse. */
export function embassyShapeOf(
  { geometry }: Pick<Flash, "geometry">,
  { active, dfu, state }: EmbassyPartitions,
): EmbassyShape {
  const starts = [active, dfu].flatMap((region) => sectorsOf(geometry, region));
  const pageBytes = Math.max(...starts.map((start) => sectorBytes(geometry, start)));
  const wordBytes = geometry.granuleBytes;
  const pages = active.sizeBytes / pageBytes;
  const stateWords = Math.floor(state.sizeBytes / wordBytes);
  sectorsOf(geometry, state);
  if (active.sizeBytes % pageBytes !== 0 || dfu.sizeBytes % pageBytes !== 0) {
    throw new RangeError(`ACTIVE and DFU must be whole pages of ${pageBytes} bytes`);
  }
  if (dfu.sizeBytes - active.sizeBytes < pageBytes) {
    throw new RangeError("DFU must be at least a page larger than ACTIVE");
  }
  if (progressWords(pages) > stateWords) {
    throw new RangeError(`${pages} pages need ${progressWords(pages)} words of STATE`);
  }
  return { pages, pageBytes, wordBytes, stateWords, erasedByte: erasedByteOf(geometry) };
}

/** What STATE takes, with a seal and the least of notes behind the progress. */
export function swapStateBytesFor(pages: number, wordBytes: number): number {
  const notes = NOTES_MIN * roundUp(NOTE_BYTES, wordBytes);
  return progressWords(pages) * wordBytes + roundUp(SEAL_BYTES, wordBytes) + notes;
}

/** Magic, validity, and a word for each half-step of a swap and of its revert. */
export function progressWords(pages: number): number {
  return 2 + 4 * pages;
}
