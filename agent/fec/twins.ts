import type { Decoder } from "./decoder.ts";
import { N_MAX, type ParityVariant, parityRow } from "./rows.ts";

/**
 * Groups of fragments (0-based, of `indices` or of all) that no coded fragment up to the
 * `codedCount`th tells apart: they are in the same rows. If two of a group are lost, no decoder gets
 * them back from those rows. Hardly any for most nbFrag, long-lived for many multiples of 64.
 */
export function twinColumns(
  variant: ParityVariant,
  nbFrag: number,
  codedCount: number,
  indices: readonly number[] = Array.from({ length: nbFrag }, (_, index) => index),
): number[][] {
  const labels = new Uint16Array(indices.length);
  const split = new Int32Array(2 * indices.length);
  const last = Math.min(nbFrag + codedCount, N_MAX);
  let count = Math.min(indices.length, 1);
  for (let n = nbFrag + 1; n <= last && count < indices.length; n++) {
    const row = parityRow(variant, nbFrag, n);
    split.fill(-1);
    count = 0;
    for (const [at, index] of indices.entries()) {
      const bit = ((row[index >> 5] ?? 0) >>> (index & 31)) & 1;
      const branch = 2 * (labels[at] ?? 0) + bit;
      if (split[branch] === -1) split[branch] = count++;
      labels[at] = split[branch] ?? 0;
    }
  }
  const groups: number[][] = Array.from({ length: count }, () => []);
  for (const [at, index] of indices.entries()) groups[labels[at] ?? 0]?.push(index);
  return groups.filter((group) => group.length > 1);
}

/** Why a decoder does not complete, in the words of `FailureReason`. */
export type StuckReason = "shortOfRows" | "twinColumns" | "matrixFull" | "wrongVariant";

/** A server hardly sends less, and columns that are equal by chance part within so many rows. */
const CODED_COUNT_MIN = 32;
const REDUNDANCY = 0.3;

/**
 * Diagnoses a decoder whose session is over. Undefined when it is complete.
 *
 * `twinColumns` means: enough coded fragments came, and the rank they miss is exactly what twins
 * among the lost fragments cost, counting all coded fragments up to the highest seen or 30 %.
 */
export function stuckReason(decoder: Decoder): StuckReason | undefined {
  if (decoder.complete) return undefined;
  if (decoder.inconsistent) return "wrongVariant";
  if (decoder.memoryError) return "matrixFull";
  const { variant, nbFrag } = decoder.config;
  const lost: number[] = [];
  for (let index = 0; index < nbFrag; index++) if (!decoder.hasUncoded(index)) lost.push(index);
  if (decoder.codedSeen < lost.length) return "shortOfRows";
  const planned = Math.max(Math.ceil(nbFrag * REDUNDANCY), CODED_COUNT_MIN);
  const codedCount = Math.max(decoder.highestN - nbFrag, planned);
  const twins = twinColumns(variant, nbFrag, codedCount, lost);
  const cost = twins.reduce((sum, group) => sum + group.length - 1, 0);
  return cost > 0 && cost === decoder.missing ? "twinColumns" : "shortOfRows";
}
