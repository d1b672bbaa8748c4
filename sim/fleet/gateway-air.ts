import type { ResolvedCampaign, ResolvedScenario } from "#scenarios/defaults.ts";
import { DutyCycle } from "#sim/air/duty-cycle.ts";
import {
  airtimeOfDownlinkUs,
  PHY_OVERHEAD_BYTES,
  SUB_BANDS,
  type SubBand,
} from "#sim/air/eu868.ts";
import type { GatewayAir } from "#sim/gateway/in-process.ts";

/** Bytes of a DataFragment in front of its data: CID, index and N. */
const FRAGMENT_HEADER_BYTES = 3;

const UNLIMITED_PERCENT = 100;

/** What of a scenario concerns the gateway's air. */
export interface GatewayAirSpec {
  readonly campaign: Pick<ResolvedCampaign, "frequencyHz" | "dutyCyclePercent">;
  readonly air: Pick<ResolvedScenario["air"], "classADutyCycle">;
}

/**
 * EU868 for one gateway, with the scenario's duty cycle in the band of the multicast channel, and in
 * the others the region's or none. A channel between the bands is a band of its own.
 */
export function gatewayAir({ campaign, air }: GatewayAirSpec): GatewayAir {
  const { frequencyHz, dutyCyclePercent } = campaign;
  const holds = ({ fromHz, toHz }: SubBand) => fromHz <= frequencyHz && frequencyHz < toHz;
  const own = SUB_BANDS.find(holds) ?? { fromHz: frequencyHz, toHz: frequencyHz + 1 };
  const others = SUB_BANDS.filter((band) => !holds(band)).map((band) =>
    air.classADutyCycle ? band : { ...band, dutyCyclePercent: UNLIMITED_PERCENT },
  );
  const bands = [...others, { ...own, dutyCyclePercent }];
  const dutyCycle = new DutyCycle(bands);
  return {
    downlinkAirtimeUs: airtimeOfDownlinkUs,
    earliestStartUs: (hz, now) => dutyCycle.earliestStartUs(hz, now),
    spend: (hz, startUs, airtimeUs) => dutyCycle.spend(hz, startUs, airtimeUs),
  };
}

/**
 * Time between two multicast frames: ChirpStack's margin, or more when the gateway's duty cycle
 * asks for it. A real server that paces faster overruns the gateway's queue.
 */
export function fragmentSpacingUs(
  campaign: Pick<ResolvedCampaign, "dr" | "fragSize" | "marginS" | "dutyCyclePercent">,
): number {
  const { dr, fragSize, marginS, dutyCyclePercent } = campaign;
  const phyBytes = PHY_OVERHEAD_BYTES + FRAGMENT_HEADER_BYTES + fragSize;
  const dutyUs = Math.ceil((airtimeOfDownlinkUs(dr, phyBytes) * 100) / dutyCyclePercent);
  return Math.max(marginS * 1_000_000, dutyUs);
}
