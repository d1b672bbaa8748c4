import type { ResolvedCampaign, ResolvedScenario } from "#scenarios/defaults.ts";
import { BEACON_PERIOD_S } from "#scenarios/session.ts";
import { lossModel } from "#sim/air/loss.ts";
import { ROUND_FRAMES } from "#sim/fleet/cell.ts";
import { sharedLossAt } from "#sim/fleet/per-gateway.ts";
import { radioLinks } from "#sim/fleet/radio-link.ts";
import { draw32, drawKey, threshold } from "#sim/kernel/draws.ts";
import type { IsLost } from "./needed-redundancy.ts";

/** What of a scenario decides which multicast frames a device loses. */
export type LossyAir = Pick<ResolvedScenario, "air" | "faults" | "regional" | "campaign">;

/** Frames that a whole cell loses, from `counter` on until before `end`. */
interface Gap {
  readonly start: number;
  readonly end: number;
}

/**
 * The losses of device `device` in cell `cell` of a fleet that `seed` makes: those of the simulator,
 * without a simulator. Outages and deafness count when they are set to a fragment.
 */
export function frameLoss(
  scenario: LossyAir,
  spacingUs: number,
  seed: number,
  cell: number,
  device: number,
): IsLost {
  const { air, faults, campaign } = scenario;
  const own = lossModel(air.multicastLoss, drawKey(seed, device, "multicastLoss"), device);
  const shared = Array.from({ length: campaign.gateways }, (_, gateway) =>
    sharedLossAt(air, seed, -1 - cell, gateway),
  );
  const links = radioLinks(scenario, seed, device);
  const frame = {
    dr: campaign.dr,
    phyPayload: new Uint8Array(0),
    frequencyHz: 0,
    startUs: 0,
    endUs: 0,
  };
  const everywhere = air.outages.filter(({ gateway }) => gateway === undefined);
  const gaps = everywhere.flatMap(({ when, forS }) => gapOf(when, forS, spacingUs));
  for (const [index, { kind, share, when, forS }] of faults.entries()) {
    if (kind !== "deaf") continue;
    const isHit = draw32(drawKey(seed, device, `planned ${kind}`), index) < threshold(share);
    if (isHit) gaps.push(...gapOf(when, forS, spacingUs));
  }
  const heardMax = framesInSession(campaign, spacingUs);
  return (counter) =>
    counter % ROUND_FRAMES >= heardMax ||
    own.lost(counter) ||
    shared.every(
      (atGateway, gateway) =>
        atGateway.lost(counter) || links[gateway]?.hears(frame, "multicast", counter) === false,
    ) ||
    gaps.some(({ start, end }) => counter >= start && counter < end);
}

/**
 * Frames that are sent before devices stop listening: as many as there are, unless the scenario says
 * how long that is (TS005 McClassCSessionReq, TimeOut).
 */
export function framesInSession(
  { timeoutExponent, sessionClass }: Pick<ResolvedCampaign, "timeoutExponent" | "sessionClass">,
  spacingUs: number,
): number {
  if (timeoutExponent === undefined) return Number.POSITIVE_INFINITY;
  if (sessionClass !== "B") return Math.ceil((2 ** timeoutExponent * 1e6) / spacingUs);
  // It begins at the last beacon before the first fragment: half a period earlier, on average.
  const listenedS = (2 ** timeoutExponent - 0.5) * BEACON_PERIOD_S;
  return Math.ceil((listenedS * 1e6) / spacingUs);
}

/** Whether devices lose frames at the gateway, and so together. */
export function hasSharedLoss({ sharedLoss }: Pick<LossyAir["air"], "sharedLoss">): boolean {
  return sharedLoss.model !== "bernoulli" || sharedLoss.probability > 0;
}

/** Begins behind fragment `atFragment`, whose counter is one less. */
function gapOf(
  when: ResolvedScenario["faults"][number]["when"],
  forS: number,
  spacingUs: number,
): readonly Gap[] {
  if (!("atFragment" in when)) return [];
  const frames = Math.ceil((forS * 1e6) / spacingUs) - 1;
  return [{ start: when.atFragment, end: when.atFragment + Math.max(frames, 0) }];
}
