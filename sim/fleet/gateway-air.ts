import type { ResolvedCampaign, ResolvedScenario } from "#scenarios/defaults.ts";
import { FRAGMENT_HEADER_BYTES } from "#scenarios/regions/payload.ts";
import type { Region, SubBand } from "#scenarios/regions/region.ts";
import { planSession, type SessionPlan, type SessionShape } from "#scenarios/session.ts";
import { DutyCycle } from "#sim/air/duty-cycle.ts";
import { airtimeOfDownlinkUs, PHY_OVERHEAD_BYTES } from "#sim/air/regional.ts";
import type { GatewayAir } from "#sim/gateway/in-process.ts";
import { BEACON_PERIOD_US, PING_SLOT_US, pingNb, pingPeriodSlots } from "#sim/mac/beacon-timing.ts";

const UNLIMITED_PERCENT = 100;

/** What of a scenario concerns the gateway's air. */
export interface GatewayAirSpec {
  readonly campaign: Pick<ResolvedCampaign, "frequencyHz" | "dutyCyclePercent">;
  readonly air: Pick<ResolvedScenario["air"], "classADutyCycle">;
  readonly regional: Pick<ResolvedScenario["regional"], "region">;
}

/**
 * A region's air for one gateway, with the scenario's duty cycle in the band of the multicast channel, and in
 * the others the region's or none. A channel between the bands is a band of its own.
 */
export function gatewayAir({ campaign, air, regional }: GatewayAirSpec): GatewayAir {
  const { frequencyHz, dutyCyclePercent } = campaign;
  const { region } = regional;
  const holds = ({ fromHz, toHz }: SubBand) => fromHz <= frequencyHz && frequencyHz < toHz;
  const own = region.subBands.find(holds) ?? { fromHz: frequencyHz, toHz: frequencyHz + 1 };
  const others = region.subBands
    .filter((band) => !holds(band))
    .map((band) => (air.classADutyCycle ? band : { ...band, dutyCyclePercent: UNLIMITED_PERCENT }));
  const subBands = [...others, { ...own, dutyCyclePercent }];
  const dutyCycle = new DutyCycle({ subBands, elsewherePercent: region.elsewherePercent });
  return {
    downlinkAirtimeUs: (dr, phyBytes) => airtimeOfDownlinkUs(region, dr, phyBytes),
    earliestStartUs: (hz, now) => dutyCycle.earliestStartUs(hz, now),
    spend: (hz, startUs, airtimeUs) => dutyCycle.spend(hz, startUs, airtimeUs),
  };
}

/** What of a campaign decides its pace. */
export type PacedCampaign = Pick<
  ResolvedCampaign,
  | "dr"
  | "fragSize"
  | "marginS"
  | "gapsS"
  | "dutyCyclePercent"
  | "sessionClass"
  | "pingPeriodicity"
  | "gateways"
  | "scheduling"
>;

/**
 * Time from one fragment to the next, on average: ChirpStack's margin, once for each gateway or
 * twice for all, or more when the gateway's duty cycle asks for it; in class B the ping slots that
 * it leaves; or what was measured. A real server that paces faster overruns the gateway's queue.
 */
export function fragmentSpacingUs(region: Region, campaign: PacedCampaign): number {
  const { marginS, gapsS, sessionClass, pingPeriodicity } = campaign;
  if (gapsS !== undefined) {
    return Math.round((1e6 * gapsS.reduce((sum, gap) => sum + gap, 0)) / gapsS.length);
  }
  const dutyUs = dutySpacingUs(region, campaign);
  if (sessionClass !== "B") return Math.max(marginsOf(campaign) * marginS * 1_000_000, dutyUs);
  const slots = Math.ceil(dutyUs / (pingPeriodSlots(pingPeriodicity) * PING_SLOT_US));
  const perBeacon = Math.max(1, Math.floor(pingNb(pingPeriodicity) / slots));
  return Math.round(BEACON_PERIOD_US / perBeacon);
}

/** The session that carries `imageBytes` at this pace. */
export function pacedSession(
  region: Region,
  campaign: PacedCampaign & SessionShape,
  imageBytes: number,
): { readonly spacingUs: number; readonly session: SessionPlan } {
  const spacingUs = fragmentSpacingUs(region, campaign);
  const session = planSession({ ...campaign, marginS: spacingUs / 1e6 }, imageBytes);
  return { spacingUs, session };
}

/** Margins from one fragment to the next. */
export function marginsOf({
  sessionClass,
  gateways,
  scheduling,
}: Pick<PacedCampaign, "sessionClass" | "gateways" | "scheduling">): number {
  if (sessionClass === "B") return 1;
  return scheduling === "gpsTime" ? 2 : gateways;
}

/** Time from a multicast frame to the next that the gateway's duty cycle allows. */
export function dutySpacingUs(
  region: Region,
  { dr, fragSize, dutyCyclePercent }: Omit<PacedCampaign, "gapsS">,
): number {
  const phyBytes = PHY_OVERHEAD_BYTES + FRAGMENT_HEADER_BYTES + fragSize;
  return Math.ceil((airtimeOfDownlinkUs(region, dr, phyBytes) * 100) / dutyCyclePercent);
}
