import type { ParityVariant } from "#agent/fec/rows.ts";
import { twinColumns } from "#agent/fec/twins.ts";
import { fragSizeUsualBytes } from "#scenarios/regions/payload.ts";
import type { RegionalSetting } from "#scenarios/regions/region.ts";

/** Share of coded fragments for which columns have to differ. */
const CODED_SHARE = 0.3;
/** Smaller fragments than this share of the largest cost more air time than they mend. */
const SMALLEST_SHARE = 0.9;

/** Fragments that no coded one of the first 30 % tells apart: lost together, they stay lost. */
export function twinsOf(variant: ParityVariant, nbFrag: number): readonly (readonly number[])[] {
  return twinColumns(variant, nbFrag, Math.ceil(nbFrag * CODED_SHARE));
}

/** Rows of v2 that are all of even weight: parity alone never makes the rank full (floor(M / 2) is even). */
export function hasEvenRows(variant: ParityVariant, nbFrag: number): boolean {
  return variant !== "ts004-v1" && Math.floor(nbFrag / 2) % 2 === 0;
}

/** The largest fragment that the data rate carries and whose count has no blind spot. */
export function chooseFragSize(
  { region, dwell }: RegionalSetting,
  dr: number,
  sentBytes: number,
  variant: ParityVariant,
): number {
  const largest = Math.min(fragSizeUsualBytes(region, dr, dwell.downlink), Math.max(sentBytes, 1));
  const smallest = Math.max(1, Math.ceil(largest * SMALLEST_SHARE));
  let withoutTwins: number | undefined;
  for (let fragSize = largest; fragSize >= smallest; fragSize--) {
    const nbFrag = Math.ceil(sentBytes / fragSize);
    if (twinsOf(variant, nbFrag).length > 0) continue;
    if (!hasEvenRows(variant, nbFrag)) return fragSize;
    withoutTwins ??= fragSize;
  }
  return withoutTwins ?? largest;
}
