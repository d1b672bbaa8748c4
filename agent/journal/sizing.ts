import type { BlockShape } from "../staging/block-map.ts";
import { GROUP_BYTES, MC_SESSION_BYTES, SETUP_BYTES, VERDICT_BYTES } from "./codec.ts";
import { EXTRA_BYTES_MAX, headerBytes, recordBytes } from "./format.ts";

/** (n u16, place u16) of a coded fragment in a snapshot. */
export const CODED_ITEM_BYTES = 4;
/** Number of a waiting granule in a snapshot, before its bytes. */
export const EDGE_HEAD_BYTES = 3;
/** Contexts and sessions that a device has at most. */
const CONTEXTS = 4;
const COUNTER_BYTES = 4;

/** Everything but what a fragmentation session has received. */
export function contextBytesMax(granuleBytes: number): number {
  const extras = [
    GROUP_BYTES,
    MC_SESSION_BYTES,
    SETUP_BYTES,
    VERDICT_BYTES,
    COUNTER_BYTES,
    COUNTER_BYTES,
    0,
  ];
  const each = extras.reduce((sum, extra) => sum + recordBytes(extra, granuleBytes), 0);
  return CONTEXTS * each + 2 * recordBytes(0, granuleBytes);
}

/** A list of items of at most `itemBytes`, packed into records. */
function listBytes(count: number, itemBytes: number, granuleBytes: number): number {
  const perRecord = Math.floor(EXTRA_BYTES_MAX / itemBytes);
  return Math.ceil(count / perRecord) * recordBytes(EXTRA_BYTES_MAX, granuleBytes);
}

/** What a session has received, in a snapshot: no more than this. */
export function progressBytes(
  shape: BlockShape,
  codedCount: number,
  waitingGranules: number,
  granuleBytes: number,
): number {
  return (
    listBytes((shape.nbFrag + 7) >> 3, 1, granuleBytes) +
    listBytes(codedCount, CODED_ITEM_BYTES, granuleBytes) +
    listBytes(waitingGranules, EDGE_HEAD_BYTES + granuleBytes, granuleBytes)
  );
}

/** The worst that reception in any order can make of {@link progressBytes}. */
export function progressBytesMax(
  shape: BlockShape,
  codedMax: number,
  granuleBytes: number,
): number {
  const { nbFrag, fragSize, padding } = shape;
  const isAligned = fragSize % granuleBytes === 0;
  const granules = Math.ceil((nbFrag * fragSize) / granuleBytes);
  const boundaries = isAligned ? Number(padding > 0) : Math.min(nbFrag, granules);
  return progressBytes(shape, Math.min(codedMax, nbFrag), boundaries, granuleBytes);
}

/**
 * Size of a journal region that holds a session of this shape in any order of reception, and a
 * fairly received one without a second snapshot. `sectorBytes` is the size of its sectors.
 */
export function journalBytesFor(
  shape: BlockShape,
  codedMax: number,
  granuleBytes: number,
  sectorBytes: number,
): number {
  const state =
    contextBytesMax(granuleBytes) + progressBytesMax(shape, codedMax, granuleBytes) + 1024;
  const usable = sectorBytes - headerBytes(granuleBytes) - EXTRA_BYTES_MAX - granuleBytes;
  const snapshot = Math.ceil(state / usable);
  const edge = shape.fragSize % granuleBytes === 0 ? 0 : granuleBytes - 1;
  const perFragment = recordBytes(edge, granuleBytes);
  const log = Math.ceil((shape.nbFrag * perFragment * 1.5) / usable);
  return (2 * snapshot + log + 1) * sectorBytes;
}
