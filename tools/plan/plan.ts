import { SECTOR_BYTES } from "#agent/boot/layout.ts";
import { type ResolvedScenario, resolveScenario } from "#scenarios/defaults.ts";
import type { LorawanScenario } from "#scenarios/schema.ts";
import { planSession, TIMEOUT_EXPONENT_MAX } from "#scenarios/session.ts";
import { pacedSession } from "#sim/fleet/gateway-air.ts";
import { parityVariantOf } from "#sim/fleet/settings.ts";
import { checkScenario } from "#tools/scenario/check.ts";
import type { Problem } from "#tools/scenario/explain.ts";
import { chooseFragSize } from "./fragment-size.ts";
import { type Prediction, predict } from "./predict.ts";
import { chanceWith, forDevice, forFleet, measureNeed } from "./redundancy.ts";
import { warningsOf } from "./warnings.ts";

export interface Wish {
  readonly scenario: LorawanScenario;
  /** Fragment size, unless it is said, and redundancy are chosen; else it is planned as it is. */
  readonly isOpen: boolean;
  readonly choosesRedundancy: boolean;
  /** Size of what goes over the air. */
  readonly sentBytes: number;
  readonly imageBytes: number;
  /** Chance that the whole fleet is to finish with. */
  readonly target: number;
  readonly trials: number;
}

export interface RedundancyRow {
  readonly percent: number;
  readonly codedFragments: number;
  readonly sessionS: number;
  readonly deviceChance: number;
}

export interface Plan {
  /** The wish, with what was chosen; runnable when there is no `problem`. */
  readonly scenario: LorawanScenario;
  readonly resolved: ResolvedScenario;
  readonly sentBytes: number;
  readonly prediction: Prediction;
  /** Coded fragments in percent that the target takes; undefined: more than were tried. */
  readonly forDevicePercent: number | undefined;
  readonly forFleetPercent: number | undefined;
  readonly triedPercent: number;
  readonly target: number;
  readonly rows: readonly RedundancyRow[];
  readonly warnings: readonly string[];
  /** Why it cannot be run. */
  readonly problem: Problem | undefined;
  /** Data rates at which the same image would fit a session. */
  readonly fittingDrs: readonly number[];
}

const ROWS_PERCENT = [5, 10, 15, 20, 25, 30, 40, 50, 75, 100];
/** Where a chance was wished for that no redundancy reaches. */
const REDUNDANCY_MAX_PERCENT = 300;

export function makePlan(wish: Wish): Plan {
  const { sentBytes, imageBytes, target, trials } = wish;
  const sized = wish.isOpen ? withSizes(wish.scenario, sentBytes) : wish.scenario;
  const first = resolveScenario(sized);
  const [kind] = first.devices.kinds;
  if (kind === undefined) throw new RangeError("a scenario without kinds");
  const { nbFrag, codedFragments } = planSession(first.campaign, sentBytes);
  const need = measureNeed(first, kind, { nbFrag, codedFragments, trials, seed: first.seed });
  const percentOf = (coded: number | undefined) =>
    coded === undefined ? undefined : Math.ceil((100 * coded) / nbFrag);
  const fleet = percentOf(forFleet(need, first, nbFrag, target, first.devices.count));
  const redundancyPercent = wish.choosesRedundancy
    ? (fleet ?? REDUNDANCY_MAX_PERCENT)
    : first.campaign.redundancyPercent;
  const scenario = { ...sized, campaign: { ...sized.campaign, redundancyPercent } };
  const resolved = resolveScenario(scenario);
  const prediction = predict(resolved, sentBytes, { trials, seed: resolved.seed });
  const { session, spacingS } = prediction;
  const percents = [...new Set([...ROWS_PERCENT, redundancyPercent])].toSorted((a, b) => a - b);
  return {
    scenario,
    resolved,
    sentBytes,
    prediction,
    forDevicePercent: percentOf(forDevice(need, target)),
    forFleetPercent: fleet,
    triedPercent: Math.floor((100 * need.codedMax) / nbFrag),
    target,
    rows: percents.map((percent) => {
      const codedFragments = Math.ceil((nbFrag * percent) / 100);
      const sessionS = (nbFrag + codedFragments + 1) * spacingS;
      return { percent, codedFragments, sessionS, deviceChance: chanceWith(need, codedFragments) };
    }),
    warnings: [
      ...(wish.choosesRedundancy && fleet === undefined ? [outOfReach(target)] : []),
      ...warningsOf({ scenario: resolved, session, spacingS, sentBytes }),
    ],
    problem:
      checkScenario(resolved, imageBytes, sentBytes) ?? tooLong(prediction, resolved.campaign),
    fittingDrs: fittingDrs(wish.scenario, redundancyPercent, sentBytes),
  };
}

function outOfReach(target: number): string {
  return `no redundancy that was tried brings the whole fleet through with a chance of ${target}; ${REDUNDANCY_MAX_PERCENT} % is planned`;
}

/** Fragments that the data rate carries, and banks that hold the image. */
function withSizes(scenario: LorawanScenario, sentBytes: number): LorawanScenario {
  const sized = withFragSize(scenario, sentBytes);
  const { campaign, devices } = resolveScenario(sized);
  const bytes = Math.ceil(sentBytes / campaign.fragSize) * campaign.fragSize;
  const bankBytes = Math.ceil(bytes / SECTOR_BYTES) * SECTOR_BYTES;
  if (devices.kinds.every(({ device }) => device.bankBytes >= bankBytes)) return sized;
  const defaults = { ...sized.devices.defaults, bankBytes };
  return { ...sized, devices: { ...sized.devices, defaults } };
}

function withFragSize(scenario: LorawanScenario, sentBytes: number): LorawanScenario {
  if (scenario.campaign.fragSize !== undefined) return scenario;
  const { regional, campaign, devices } = resolveScenario(scenario);
  const [kind] = devices.kinds;
  const variant = kind === undefined ? "ts004-v1" : parityVariantOf(kind.device);
  const fragSize = chooseFragSize(regional, campaign.dr, sentBytes, variant);
  return { ...scenario, campaign: { ...scenario.campaign, fragSize } };
}

/** The duty cycle may stretch a session beyond what the margin alone takes. */
function tooLong(
  { session, spacingS }: Prediction,
  { sessionClass }: ResolvedScenario["campaign"],
): Problem | undefined {
  if (session.timeoutExponentMin <= TIMEOUT_EXPONENT_MAX || sessionClass === "B") return undefined;
  const seconds = Math.ceil(spacingS * (session.totalFragments + 1));
  return {
    path: ["campaign", "dutyCyclePercent"],
    text: `spaces frames by ${spacingS.toFixed(1)} s: ${session.totalFragments} of them take ${seconds} s, but a class C session lasts at most 2^${TIMEOUT_EXPONENT_MAX} = ${2 ** TIMEOUT_EXPONENT_MAX} s`,
  };
}

function fittingDrs(
  scenario: LorawanScenario,
  redundancyPercent: number,
  sentBytes: number,
): number[] {
  const { regional } = resolveScenario(scenario);
  return regional.region.downlinkRates.flatMap((rate, dr) => {
    if (rate === undefined) return [];
    const { fragSize: _, ...campaign } = scenario.campaign;
    const other = { ...scenario, campaign: { ...campaign, dr, redundancyPercent } };
    const resolved = resolveScenario(withSizes(other, sentBytes));
    const { session } = pacedSession(regional.region, resolved.campaign, sentBytes);
    const isShort = session.timeoutExponentMin <= TIMEOUT_EXPONENT_MAX;
    return isShort && checkScenario(resolved, sentBytes) === undefined ? [dr] : [];
  });
}
