import type { Region } from "#scenarios/regions/region.ts";
import { BEACON_PERIOD_S, planSession, type SessionShape } from "#scenarios/session.ts";
import { dutySpacingUs, type PacedCampaign, pacedSession } from "#sim/fleet/gateway-air.ts";
import { pingNb } from "#sim/mac/beacon-timing.ts";

/** The multicast session that a ChirpStack is asked for. */
export interface ServerSession {
  readonly timeoutExponent: number;
  /** Undefined: class C. */
  readonly pingPeriodicity: number | undefined;
  readonly lengthS: number;
}

const PERIODICITY_MAX = 7;

/**
 * A session with room for all that ChirpStack sends: each fragment by every gateway, in class C a
 * margin apart. In class B it fills every slot, one gateway after the other, so that a group has no
 * more slots than the duty cycle of the gateways allows them.
 */
export function serverSession(
  region: Region,
  campaign: PacedCampaign & SessionShape,
  imageBytes: number,
): ServerSession {
  if (campaign.sessionClass !== "B") {
    const { timeoutExponent } = pacedSession(region, campaign, imageBytes).session;
    return { timeoutExponent, pingPeriodicity: undefined, lengthS: 2 ** timeoutExponent };
  }
  const { gateways } = campaign;
  const spacingS = dutySpacingUs(region, campaign) / 1e6;
  let pingPeriodicity = campaign.pingPeriodicity;
  while (pingPeriodicity < PERIODICITY_MAX && gateways * slotS(pingPeriodicity) < spacingS) {
    pingPeriodicity += 1;
  }
  const paced = { ...campaign, marginS: gateways * slotS(pingPeriodicity) };
  const { timeoutExponent } = planSession(paced, imageBytes);
  return { timeoutExponent, pingPeriodicity, lengthS: BEACON_PERIOD_S * 2 ** timeoutExponent };
}

/** From slot to slot, on average over beacon periods. */
function slotS(pingPeriodicity: number): number {
  return BEACON_PERIOD_S / pingNb(pingPeriodicity);
}
