/** EU863-870 as data (Regional Parameters 1.0.3 and RP002). */
import { fskTimeOnAirUs, type LoraModulation, symbolUs, timeOnAirUs } from "./time-on-air.ts";

export type DataRate =
  | {
      readonly modulation: "lora";
      readonly sf: number;
      readonly bandwidthHz: LoraModulation["bandwidthHz"];
    }
  | { readonly modulation: "fsk"; readonly bitsPerSecond: 50_000 };

const lora = (sf: number, bandwidthHz: LoraModulation["bandwidthHz"]): DataRate => ({
  modulation: "lora",
  sf,
  bandwidthHz,
});

export const DATA_RATES: readonly DataRate[] = [
  lora(12, 125_000),
  lora(11, 125_000),
  lora(10, 125_000),
  lora(9, 125_000),
  lora(8, 125_000),
  lora(7, 125_000),
  lora(7, 250_000),
  { modulation: "fsk", bitsPerSecond: 50_000 },
];
export const DR_MAX = 7;

/** Uplinks of a device that has not been told otherwise: DR0 to DR5. */
export const DEFAULT_CHANNEL_DR_MAX = 5;

export function isDataRate(dr: number): boolean {
  return Number.isInteger(dr) && dr >= 0 && dr <= DR_MAX;
}

function dataRate(dr: number): DataRate {
  const rate = DATA_RATES[dr];
  if (rate === undefined) throw new RangeError(`EU868 has no DR${dr}`);
  return rate;
}

export type RegionalRevision = "1.0.3" | "RP002-1.0.2";

/**
 * N, the longest FRMPayload without FOpts, by data rate. Behind a repeater the first table holds.
 * From RP002-1.0.2 on, DR4 has the repeater's limit everywhere.
 */
const N_REPEATER_BYTES: readonly number[] = [51, 51, 51, 115, 222, 222, 222, 222];
const N_DIRECT_BYTES: Readonly<Record<RegionalRevision, readonly number[]>> = {
  "1.0.3": [51, 51, 51, 115, 242, 242, 242, 242],
  "RP002-1.0.2": [51, 51, 51, 115, 222, 242, 242, 242],
};

export function maxPayloadBytes(
  dr: number,
  {
    repeater = false,
    revision = "1.0.3",
  }: { repeater?: boolean; revision?: RegionalRevision } = {},
): number {
  const bytes = (repeater ? N_REPEATER_BYTES : N_DIRECT_BYTES[revision])[dr];
  if (bytes === undefined) throw new RangeError(`EU868 has no DR${dr}`);
  return bytes;
}

/** Around the application bytes of a frame without FOpts: MHDR 1, FHDR 7, FPort 1, MIC 4. */
export const PHY_OVERHEAD_BYTES = 13;

/** An uplink has a payload CRC. µs; `phyBytes` counts MHDR to MIC. */
export function airtimeOfUplinkUs(dr: number, phyBytes: number): number {
  return airtimeUs(dr, phyBytes, true);
}

/** A downlink has none. µs; `phyBytes` counts MHDR to MIC. */
export function airtimeOfDownlinkUs(dr: number, phyBytes: number): number {
  return airtimeUs(dr, phyBytes, false);
}

function airtimeUs(dr: number, phyBytes: number, crc: boolean): number {
  const rate = dataRate(dr);
  if (rate.modulation === "fsk") return fskTimeOnAirUs(phyBytes);
  const { sf, bandwidthHz } = rate;
  return timeOnAirUs({ sf, bandwidthHz, payloadBytes: phyBytes, crc });
}

/** What a receiver counts its window in: LoRa symbols, or bytes of FSK preamble. µs. */
export function preambleSymbolUs(dr: number): number {
  const rate = dataRate(dr);
  return rate.modulation === "fsk" ? 160 : symbolUs(rate.sf, rate.bandwidthHz);
}

/** Channels every device knows; they cannot be changed. */
export const DEFAULT_CHANNELS_HZ: readonly number[] = [868_100_000, 868_300_000, 868_500_000];
/** The usual five of a join accept's CFList. */
export const EXTRA_CHANNELS_HZ: readonly number[] = [
  867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000,
];
export const CHANNELS_MAX = 16;

export const RX2_FREQUENCY_HZ = 869_525_000;
export const RX2_DR = 0;
export const RX1_DR_OFFSET_MAX = 5;

export function isFrequency(frequencyHz: number): boolean {
  return frequencyHz >= 863_000_000 && frequencyHz <= 870_000_000;
}

/** Uplinks need a sub-band that has a duty cycle of its own. */
export function isUplinkFrequency(frequencyHz: number): boolean {
  return SUB_BANDS.some(({ fromHz, toHz }) => fromHz <= frequencyHz && frequencyHz < toHz);
}

/** RX1 answers on the frequency of the uplink. */
export function rx1DataRate(uplinkDr: number, rx1DrOffset: number): number {
  return Math.max(uplinkDr - rx1DrOffset, 0);
}

export interface SubBand {
  readonly fromHz: number;
  readonly toHz: number;
  readonly dutyCyclePercent: number;
}

/** ERC 70-03, as LoRaMac-node groups it. Upper edges are exclusive. */
export const SUB_BANDS: readonly SubBand[] = [
  { fromHz: 863_000_000, toHz: 865_000_000, dutyCyclePercent: 0.1 },
  { fromHz: 865_000_000, toHz: 868_000_000, dutyCyclePercent: 1 },
  { fromHz: 868_000_000, toHz: 868_600_000, dutyCyclePercent: 1 },
  { fromHz: 868_700_000, toHz: 869_200_000, dutyCyclePercent: 0.1 },
  { fromHz: 869_400_000, toHz: 869_650_000, dutyCyclePercent: 10 },
  { fromHz: 869_700_000, toHz: 870_000_001, dutyCyclePercent: 1 },
];

/** Highest TXPower of LinkADRReq: 2 dB a step below 16 dBm EIRP. */
export const TX_POWER_INDEX_MAX = 7;
