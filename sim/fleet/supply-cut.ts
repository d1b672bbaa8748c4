import type { Cut } from "#sim/flash/cuts.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";

export const BOOT_TIME_US = 500_000;
/** A supply that is failing does not last until a device that writes nothing writes again. */
export const CUT_WITHIN_US = 10_000_000;

/** What a failing supply makes of the flash operation it strikes. */
const CUTS = [
  { kind: "notDone" },
  { kind: "doneButLost" },
  { kind: "prefix", bytes: 3 },
  { kind: "partialBits" },
  { kind: "unstable" },
] as const satisfies readonly Cut[];

/** How the `count`-th power cut of a device leaves its flash. */
export function drawCut(seed: number, device: number, count: number): Cut {
  const index = drawBelow(drawKey(seed, device, "powerCut"), count, CUTS.length);
  return CUTS[index] ?? CUTS[0];
}
