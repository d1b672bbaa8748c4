import type { ResolvedKind, ResolvedScenario } from "#scenarios/defaults.ts";
import { FRAGMENTS_MAX } from "#scenarios/session.ts";
import { fragmentSpacingUs } from "#sim/fleet/gateway-air.ts";
import { parityVariantOf } from "#sim/fleet/settings.ts";
import { redundancyFor } from "./closed-form.ts";
import { frameLoss } from "./frame-loss.ts";
import { neededRedundancy } from "./needed-redundancy.ts";

/** How many coded fragments the devices of a fleet need. */
export interface Need {
  /** Per simulated device, ascending; `codedMax` + 1 stands for more. */
  readonly counts: readonly number[];
  readonly codedMax: number;
}

export interface NeedOptions {
  readonly nbFrag: number;
  /** Wished for: counted as far as this at least. */
  readonly codedFragments: number;
  readonly trials: number;
  readonly seed: number;
}

/** More redundancy than this is no plan, unless it is wished for. */
const CODED_SHARE_MAX = 3;
const REFERENCE_CHANCE = 0.99;

/** The real rows against the scenario's losses, `trials` devices of one kind. */
export function measureNeed(
  scenario: ResolvedScenario,
  kind: ResolvedKind,
  { nbFrag, codedFragments, trials, seed }: NeedOptions,
): Need {
  const spacingUs = fragmentSpacingUs(scenario.regional.region, scenario.campaign);
  const variant = parityVariantOf(kind.device);
  const most = Math.max(CODED_SHARE_MAX * nbFrag, codedFragments);
  const codedMax = Math.max(0, Math.min(most, FRAGMENTS_MAX - nbFrag));
  const perCell = Math.ceil(Math.sqrt(trials));
  const counts = Array.from({ length: trials }, (_, device) => {
    const isLost = frameLoss(scenario, spacingUs, seed, Math.floor(device / perCell), device);
    return neededRedundancy({ variant, nbFrag }, codedMax, isLost);
  });
  return { counts: counts.toSorted((a, b) => a - b), codedMax };
}

/** Fewest coded fragments with which a device decodes with this chance; undefined: none will do. */
export function forDevice({ counts, codedMax }: Need, chance: number): number | undefined {
  const at = Math.min(Math.ceil(chance * counts.length), counts.length) - 1;
  const count = counts[at];
  return count === undefined || count > codedMax ? undefined : count;
}

/**
 * Fewest with which `devices` devices all decode with this chance. A tail that the trials cannot see
 * is that of the closed form, moved by what the real rows need more at 99 %; without a closed form it
 * is the worst that was seen.
 */
export function forFleet(
  need: Need,
  { air: { multicastLoss, sharedLoss, radio } }: Pick<ResolvedScenario, "air">,
  nbFrag: number,
  chance: number,
  devices: number,
): number | undefined {
  const each = chance ** (1 / devices);
  const isSeen = (1 - each) * need.counts.length >= 10;
  if (isSeen) return forDevice(need, each);
  const isAlone =
    sharedLoss.model === "bernoulli" && sharedLoss.probability === 0 && radio === undefined;
  if (!isAlone || multicastLoss.model === "trace") return forDevice(need, 1);
  const closed = redundancyFor(nbFrag, multicastLoss, chance, devices, need.codedMax);
  const reference = redundancyFor(nbFrag, multicastLoss, REFERENCE_CHANCE, 1, need.codedMax);
  const real = forDevice(need, REFERENCE_CHANCE);
  if (closed === undefined || reference === undefined || real === undefined) return undefined;
  return closed + Math.max(0, real - reference);
}

/** Share of the devices that decode with so many; those without a number are not sent. */
export function chanceWith({ counts, codedMax }: Need, wished: number): number {
  const coded = Math.min(wished, codedMax);
  let low = 0;
  let high = counts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((counts[middle] ?? 0) <= coded) low = middle + 1;
    else high = middle;
  }
  return low / counts.length;
}
