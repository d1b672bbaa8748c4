import { EU868 } from "#scenarios/regions/eu868.ts";
import * as payload from "#scenarios/regions/payload.ts";
import type { RegionalSetting } from "#scenarios/regions/region.ts";
import { plannedChannels } from "#sim/air/channels.ts";
import * as regional from "#sim/air/regional.ts";

/** The region of every test that is about something else. */
export const IN_EU868: RegionalSetting = {
  region: EU868,
  subBand: undefined,
  dwell: { uplink: false, downlink: false },
};

export const SUB_BANDS = EU868.subBands;
export const DEFAULT_CHANNELS_HZ = plannedChannels(EU868).map(({ frequencyHz }) => frequencyHz);

export const airtimeOfUplinkUs = (dr: number, phyBytes: number) =>
  regional.airtimeOfUplinkUs(EU868, dr, phyBytes);

export const airtimeOfDownlinkUs = (dr: number, phyBytes: number) =>
  regional.airtimeOfDownlinkUs(EU868, dr, phyBytes);

export const maxPayloadBytes = (dr: number, options?: payload.PayloadOptions) =>
  payload.maxPayloadBytes(EU868, dr, options);

export const rx1DataRate = (uplinkDr: number, rx1DrOffset: number) =>
  regional.rx1DataRate(EU868, uplinkDr, rx1DrOffset, IN_EU868.dwell);
