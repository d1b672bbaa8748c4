import type { ResolvedKind, ResolvedScenario } from "#scenarios/defaults.ts";
import { fragmentSpacingUs } from "#sim/fleet/gateway-air.ts";
import { parityVariantOf } from "#sim/fleet/settings.ts";
import { decodedChance } from "#tools/plan/closed-form.ts";
import { frameLoss, framesInSession, hasSharedLoss } from "#tools/plan/frame-loss.ts";
import { lostOf, neededRedundancy } from "#tools/plan/needed-redundancy.ts";
import { predict } from "#tools/plan/predict.ts";
import type { Report } from "#tools/report/schema.ts";

/** What was to be expected of one kind of device, beside what became of it. */
export interface ExpectedKind {
  readonly name: string;
  /** Of this kind, in the report. */
  readonly devices: number;
  readonly updated: number;
  /** Expected share of the devices of this kind that end updated. */
  readonly share: number;
  /** Chance to decode by the closed form for a random matrix; null: the losses have none. */
  readonly closedForm: number | null;
}

export interface Expected {
  readonly kinds: readonly ExpectedKind[];
  /** Of the fleet. */
  readonly share: number;
  /** Chance that all of it is updated. */
  readonly fleetChance: number;
  /** Two standard deviations of the share, by chance alone; null: devices lose frames together. */
  readonly spread: number | null;
  /** Shares of the devices that use parity, by rows beyond the lost ones: 0, 1, … */
  readonly rowsBeyond: readonly number[];
  readonly trials: number;
  readonly leftOut: readonly string[];
}

const TRIALS_MIN = 400;
const TRIALS_MAX = 10_000;
/** Draws other devices than the run has. */
const SEED_OFFSET = 0x7ab1_0000;
/** Of a trial, times the square of the fragments: keeps the largest block to a few seconds. */
const WORK_MAX = 2e9;
export const ROWS_BEYOND_MAX = 40;

/** Share of the fleet that ends updated; undefined: stopped before the firmware was known. */
export function expectedShareOf(
  scenario: ResolvedScenario,
  { seed, firmware }: Pick<Report, "seed" | "firmware">,
): number | undefined {
  const sentBytes = firmware.patchBytes ?? firmware.sizeBytes;
  if (sentBytes === 0) return undefined;
  return predict(scenario, sentBytes, { trials: trialsFor(scenario, sentBytes), seed })
    .updatedShare;
}

function trialsFor({ campaign }: ResolvedScenario, sentBytes: number): number {
  const nbFrag = Math.ceil(sentBytes / campaign.fragSize);
  return Math.round(Math.max(TRIALS_MIN, Math.min(TRIALS_MAX, WORK_MAX / nbFrag ** 2)));
}

/** The same prediction as a plan's, for the run that was made. `sentBytes`: over the air, not 0. */
export function expectedOf(
  scenario: ResolvedScenario,
  sentBytes: number,
  { seed, devices }: Pick<Report, "seed" | "devices">,
): Expected {
  const trials = trialsFor(scenario, sentBytes);
  const prediction = predict(scenario, sentBytes, { trials, seed });
  const { session, updatedShare: share, fleetChance, leftOut } = prediction;
  const { multicastLoss } = scenario.air;
  const inTime = framesInSession(scenario.campaign, prediction.spacingS * 1e6);
  const isHeardOnce = scenario.campaign.rounds === 1 && inTime >= session.totalFragments;
  const hasClosedForm = isHeardOnce && isIndependent(scenario) && multicastLoss.model !== "trace";
  const kinds = prediction.kinds.map(({ name, updatedChance }) => {
    const own = devices.filter(({ kind }) => kind === name);
    return {
      name,
      devices: own.length,
      updated: own.filter(({ state }) => state === "updated").length,
      share: updatedChance,
      closedForm: hasClosedForm
        ? decodedChance(session.nbFrag, session.codedFragments, multicastLoss)
        : null,
    };
  });
  const updated = kinds.reduce((sum, one) => sum + one.updated, 0);
  return {
    kinds,
    share,
    fleetChance,
    spread: losesTogether(scenario)
      ? null
      : spreadOf({ share, trials }, { updated, devices: devices.length }),
    rowsBeyond: rowsBeyond(scenario, session, trials, (seed + SEED_OFFSET) % 2 ** 32),
    trials,
    leftOut,
  };
}

/** Of the difference between what two samples of one chance give, two standard deviations. */
function spreadOf(
  { share, trials }: { readonly share: number; readonly trials: number },
  { updated, devices }: { readonly updated: number; readonly devices: number },
): number {
  // One more of each kind, since neither sample proves that a chance is 0 or 1.
  const chance = (share * trials + updated + 1) / (trials + devices + 2);
  return 2 * Math.sqrt(chance * (1 - chance) * (1 / trials + 1 / Math.max(1, devices)));
}

/** Each device for itself, each frame by one model. */
function isIndependent(scenario: ResolvedScenario): boolean {
  const { air, faults } = scenario;
  const isDeaf = faults.some(({ kind }) => kind === "deaf");
  return !losesTogether(scenario) && !isDeaf && air.radio === undefined;
}

function losesTogether({ air }: ResolvedScenario): boolean {
  return hasSharedLoss(air) || air.outages.length > 0;
}

/** The real rows over the scenario's losses, for those devices that decode with what is sent. */
function rowsBeyond(
  scenario: ResolvedScenario,
  { nbFrag, codedFragments }: { readonly nbFrag: number; readonly codedFragments: number },
  trials: number,
  seed: number,
): number[] {
  const { kinds } = scenario.devices;
  const spacingUs = fragmentSpacingUs(scenario.regional.region, scenario.campaign);
  const weights = new Array<number>(ROWS_BEYOND_MAX + 1).fill(0);
  const beyondOf = (kind: ResolvedKind, device: number) => {
    const isLost = frameLoss(scenario, spacingUs, seed, device >> 2, device);
    const sent = neededRedundancy(
      { variant: parityVariantOf(kind.device), nbFrag },
      codedFragments,
      isLost,
    );
    if (sent === 0 || sent > codedFragments) return undefined;
    // What was heard of them, less what was lost before.
    return sent - lostOf(isLost, nbFrag + sent);
  };
  for (const kind of kinds) {
    for (let device = 0; device < trials; device++) {
      const beyond = beyondOf(kind, device);
      if (beyond === undefined) continue;
      const slot = Math.min(beyond, ROWS_BEYOND_MAX);
      weights[slot] = (weights[slot] ?? 0) + kind.share;
    }
  }
  const sum = weights.reduce((all, one) => all + one, 0);
  return sum === 0 ? [] : weights.map((one) => one / sum);
}
