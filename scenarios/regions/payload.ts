import type { PayloadLimits, Region, RegionalRevision } from "./region.ts";

export interface PayloadOptions {
  readonly repeater?: boolean;
  readonly revision?: RegionalRevision;
  /** The frame is under a dwell time of 400 ms. */
  readonly dwell?: boolean;
}

/**
 * N, the longest FRMPayload without FOpts, in bytes. 0: the dwell time leaves no room for a frame.
 * Throws `RangeError` for a data rate that the region does not have.
 */
export function maxPayloadBytes(
  region: Region,
  dr: number,
  { repeater = false, revision = "1.0.3", dwell = false }: PayloadOptions = {},
): number {
  const tables = limitsOf(region, dwell)[repeater ? "repeater" : "direct"];
  return bytesAt(tables[revision] ?? tables["1.0.3"], dr, region);
}

/** A data rate without a dwell time of its own has the usual limit. */
function limitsOf(region: Region, dwell: boolean): PayloadLimits {
  return dwell && region.dwell !== undefined ? region.dwell.payload : region.payload;
}

function bytesAt(table: readonly number[], dr: number, region: Region): number {
  const bytes = table[dr];
  const exists = region.uplinkRates[dr] !== undefined || region.downlinkRates[dr] !== undefined;
  if (bytes === undefined || !exists) throw new RangeError(`${region.name} has no DR${dr}`);
  return bytes;
}

/** CID, index and N in front of the data of a DataFragment. */
export const FRAGMENT_HEADER_BYTES = 3;

/**
 * Longest fragment that a multicast downlink carries, by one revision of the parameters at least. 0
 * for a data rate without downlinks.
 */
export function fragSizeMaxBytes(region: Region, dr: number, dwell: boolean): number {
  return Math.max(0, ...byRevision(region, dr, dwell));
}

/** The longest that passes by every revision: they disagree on EU868's DR4 (242 or 222 bytes). */
export function fragSizeUsualBytes(region: Region, dr: number, dwell: boolean): number {
  return Math.max(1, Math.min(...byRevision(region, dr, dwell)));
}

function byRevision(region: Region, dr: number, dwell: boolean): readonly number[] {
  if (region.downlinkRates[dr] === undefined) return [0];
  const revisions: readonly RegionalRevision[] = ["1.0.3", "RP002-1.0.2"];
  return revisions.map(
    (revision) => maxPayloadBytes(region, dr, { revision, dwell }) - FRAGMENT_HEADER_BYTES,
  );
}
