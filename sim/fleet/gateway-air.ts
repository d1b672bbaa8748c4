import type { ResolvedCampaign, ResolvedScenario } from "#scenarios/defaults.ts";
import { DutyCycle } from "#sim/air/duty-cycle.ts";
import { airtimeOfDownlinkUs, PHY_OVERHEAD_BYTES, SUB_BANDS } from "#sim/air/eu868.ts";
import type { GatewayAir } from "#sim/gateway/in-process.ts";

/** Bytes of a DataFragment in front of its data: CID, index and N. */
const FRAGMENT_HEADER_BYTES = 3;

const UNLIMITED_PERCENT = 100;

/**
 * EU868 for one gateway, with the scenario's duty cycle in the band of the multicast channel, and in
 * the others the region's or none.
 */
export function gatewayAir({ campaign, air }: ResolvedScenario): GatewayAir {
  const { frequencyHz, dutyCyclePercent } = campaign;
  const bands = SUB_BANDS.map((band) => {
    if (band.fromHz <= frequencyHz && frequencyHz < band.toHz) return { ...band, dutyCyclePercent };
    return air.classADutyCycle ? band : { ...band, dutyCyclePercent: UNLIMITED_PERCENT };
  });
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
export function fragmentSpacingUs(campaign: ResolvedCampaign): number {
  const { dr, fragSize, marginS, dutyCyclePercent } = campaign;
  const phyBytes = PHY_OVERHEAD_BYTES + FRAGMENT_HEADER_BYTES + fragSize;
  const dutyUs = Math.ceil((airtimeOfDownlinkUs(dr, phyBytes) * 100) / dutyCyclePercent);
  return Math.max(marginS * 1_000_000, dutyUs);
}
