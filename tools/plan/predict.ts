import type { ResolvedKind, ResolvedScenario } from "#scenarios/defaults.ts";
import { FRAGMENT_HEADER_BYTES } from "#scenarios/regions/payload.ts";
import { FRAGMENTS_MAX, type SessionPlan } from "#scenarios/session.ts";
import { airtimeOfDownlinkUs, PHY_OVERHEAD_BYTES } from "#sim/air/regional.ts";
import { ROUND_FRAMES } from "#sim/fleet/cell.ts";
import { pacedSession } from "#sim/fleet/gateway-air.ts";
import { campaignGroups } from "#sim/fleet/roster.ts";
import { parityVariantOf } from "#sim/fleet/settings.ts";
import { frameLoss, hasSharedLoss } from "./frame-loss.ts";
import { type IsLost, lostOf, neededRedundancy } from "./needed-redundancy.ts";
import { setupChance } from "./setup-chance.ts";

/** What is to be expected of one kind of device. */
export interface KindPrediction {
  readonly name: string;
  /** Of the fleet. */
  readonly share: number;
  /** Chance that a device of this kind ends updated. */
  readonly updatedChance: number;
}

export interface Prediction {
  readonly session: SessionPlan;
  readonly kinds: readonly KindPrediction[];
  /** Expected share of the fleet that ends updated. */
  readonly updatedShare: number;
  /** Chance that the whole fleet does. */
  readonly fleetChance: number;
  /** Of the fragments of all campaigns of a cell, on all its gateways, in one round. */
  readonly multicastAirtimeS: number;
  /** Of a cell, one after the other: one for each kind of device, if the scenario does not say otherwise. */
  readonly campaigns: number;
  readonly spacingS: number;
  readonly trials: number;
  /** What the scenario holds and the prediction leaves out. */
  readonly leftOut: readonly string[];
}

export interface PredictOptions {
  /** Devices simulated; more make the chance more exact. */
  readonly trials: number;
  readonly seed: number;
}

/** Of a cell, where the mean over many cells is asked for. */
const FEW_DEVICES = 4;
/** Ends in the unit of the draws: far from any run's own seeds. */
const SEED_OFFSET = 0x5eed_0000;

/**
 * Says how a scenario will end: the real parity rows over losses from the simulator's air, and the
 * chance that class A brings the set-up through. `sentBytes`: what goes over the air.
 */
export function predict(
  scenario: ResolvedScenario,
  sentBytes: number,
  { trials, seed }: PredictOptions,
): Prediction {
  const { campaign, regional, devices } = scenario;
  const { spacingUs, session } = pacedSession(regional.region, campaign, sentBytes);
  const planSeed = (seed + SEED_OFFSET) % 2 ** 32;
  const weight = devices.kinds.reduce((sum, { share }) => sum + share, 0);
  const kinds = devices.kinds.map((kind) => {
    const trial = { scenario, kind, session, spacingUs, trials, seed: planSeed };
    const cells = cellChances(trial, FEW_DEVICES);
    const whole = cells.length > 1 ? cellChances(trial, Math.ceil(Math.sqrt(trials))) : cells;
    return { name: kind.name, share: kind.share / weight, cells, whole };
  });
  const meanOf = (chances: readonly number[]) =>
    chances.reduce((sum, chance) => sum + chance, 0) / chances.length;
  const phyBytes = PHY_OVERHEAD_BYTES + FRAGMENT_HEADER_BYTES + campaign.fragSize;
  const airtimeUs = airtimeOfDownlinkUs(regional.region, campaign.dr, phyBytes);
  const campaigns = campaignGroups(scenario).length;
  const outcomes = kinds.map(({ name, share, cells }) => ({
    name,
    share,
    updatedChance: meanOf(cells),
  }));
  return {
    session,
    kinds: outcomes,
    updatedShare: outcomes.reduce((sum, one) => sum + one.share * one.updatedChance, 0),
    fleetChance: kinds.reduce((chance, { share, whole }) => {
      const inCell = Math.min(devices.perCell, devices.count) * share;
      const cellCount = devices.count / Math.min(devices.perCell, devices.count);
      return chance * meanOf(whole.map((updated) => updated ** inCell)) ** cellCount;
    }, 1),
    multicastAirtimeS: (campaigns * campaign.gateways * session.totalFragments * airtimeUs) / 1e6,
    campaigns,
    spacingS: spacingUs / 1e6,
    trials,
    leftOut: leftOutOf(scenario),
  };
}

interface Trial {
  readonly scenario: ResolvedScenario;
  readonly kind: ResolvedKind;
  readonly session: SessionPlan;
  readonly spacingUs: number;
  readonly trials: number;
  readonly seed: number;
}

/**
 * Chance of a device by cell: one cell, unless cells lose frames together. Then `devicesPerCell`
 * decides what the chances are good for: few devices in many cells for the mean, many in fewer for
 * the chance of a whole cell.
 */
function cellChances(trial: Trial, devicesPerCell: number): number[] {
  const { scenario, kind, trials, seed } = trial;
  const isGood = scenario.firmware.defect === "none" && kind.device.keys === "right";
  if (!isGood) return [0];
  const reached = setupChance(scenario, trials, seed);
  const perCell = hasSharedLoss(scenario.air) ? devicesPerCell : trials;
  return Array.from({ length: Math.ceil(trials / perCell) }, (_, cell) => {
    let chances = 0;
    for (let at = 0; at < perCell; at++) {
      const rounds = roundsDecoded(trial, cell, cell * perCell + at);
      chances += 1 - (1 - reached) ** rounds;
    }
    return chances / perCell;
  });
}

/** Of the rounds of a campaign, each with losses of its own, those that bring a device the whole block. */
function roundsDecoded(trial: Trial, cell: number, id: number): number {
  const { scenario, spacingUs, seed } = trial;
  const isLost = frameLoss(scenario, spacingUs, seed, cell, id);
  let decoded = 0;
  for (let round = 0; round < scenario.campaign.rounds; round++)
    if (decodes(trial, (counter) => isLost(counter + round * ROUND_FRAMES))) decoded += 1;
  return decoded;
}

function decodes({ kind, session }: Trial, isLost: IsLost): boolean {
  const { nbFrag } = session;
  // What has no number is not sent.
  const codedFragments = Math.max(0, Math.min(session.codedFragments, FRAGMENTS_MAX - nbFrag));
  const { device } = kind;
  const lost = lostOf(isLost, nbFrag);
  if (lost === 0) return true;
  const variant = parityVariantOf(device);
  const isUnderstood = variant === parityVariantOf({ ...device, parity: "auto" });
  const rowsMax = Math.min(device.matrixRows, device.scratchFragments ?? device.matrixRows);
  if (!isUnderstood || lost > rowsMax || lost > codedFragments) return false;
  return neededRedundancy({ variant, nbFrag }, codedFragments, isLost) <= codedFragments;
}

function leftOutOf({
  air,
  faults,
  server,
  devices,
  campaign,
}: ResolvedScenario): readonly string[] {
  const isTimed = ({ when }: { readonly when: object }) => "atS" in when;
  const facts: readonly (readonly [boolean, string])[] = [
    [Object.keys(server).length > 0, "the server's misbehaviour (server)"],
    [faults.some(({ kind }) => kind !== "deaf"), "power cuts and resets (faults)"],
    [faults.some(isTimed), "faults at a time of the clock (faults)"],
    [air.outages.some(isTimed), "outages at a time of the clock (air.outages)"],
    [campaign.sessionClass === "B", "beacons that are lost (air.beaconLoss, air.beaconOutages)"],
    [
      air.outages.some(({ gateway }) => gateway !== undefined),
      "outages of one of several gateways (air.outages)",
    ],
    [
      devices.kinds.some(({ device }) => Object.keys(device.answerFaults).length > 0),
      "answers that are late, lost or wrong (answerFaults)",
    ],
    [
      devices.kinds.some(({ device }) => device.descriptor !== undefined),
      "descriptors that are refused (descriptor)",
    ],
    [air.radio !== undefined, "collisions and distance in class A (air.radio)"],
    [
      devices.kinds.some(({ device }) => Object.keys(device.answerErrors).length > 0),
      "answers with errors (answerErrors)",
    ],
    [
      devices.kinds.some(({ device }) => device.persona !== "reference"),
      "what other stacks do otherwise (persona)",
    ],
  ];
  return facts.flatMap(([isThere, text]) => (isThere ? [text] : []));
}
