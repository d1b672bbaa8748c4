/** What follows from a region's tables: time on air, windows, channels. */
import type { LoraRate } from "#hal/gateway-port.ts";
import type { DataRate, DataRates, DwellTime, Region } from "#scenarios/regions/region.ts";
import { fskTimeOnAirUs, symbolUs, timeOnAirUs } from "./time-on-air.ts";

/** Around the application bytes of a frame without FOpts: MHDR 1, FHDR 7, FPort 1, MIC 4. */
export const PHY_OVERHEAD_BYTES = 13;

export function isUplinkDr(region: Region, dr: number): boolean {
  return region.uplinkRates[dr] !== undefined;
}

export function isDownlinkDr(region: Region, dr: number): boolean {
  return region.downlinkRates[dr] !== undefined;
}

/** An uplink has a payload CRC. µs; `phyBytes` counts MHDR to MIC. */
export function airtimeOfUplinkUs(region: Region, dr: number, phyBytes: number): number {
  return airtimeUs(rateOf(region, dr, "uplinkRates"), phyBytes, true);
}

/** A downlink has none. µs; `phyBytes` counts MHDR to MIC. */
export function airtimeOfDownlinkUs(region: Region, dr: number, phyBytes: number): number {
  return airtimeUs(rateOf(region, dr, "downlinkRates"), phyBytes, false);
}

function airtimeUs(rate: DataRate, phyBytes: number, crc: boolean): number {
  if (rate.modulation === "fsk") return fskTimeOnAirUs(phyBytes);
  const { sf, bandwidthHz } = rate;
  return timeOnAirUs({ sf, bandwidthHz, payloadBytes: phyBytes, crc });
}

/** What a receiver counts its window in: LoRa symbols, or bytes of FSK preamble. µs. */
export function preambleSymbolUs(region: Region, dr: number): number {
  const rate = rateOf(region, dr, "downlinkRates");
  return rate.modulation === "fsk" ? 160 : symbolUs(rate.sf, rate.bandwidthHz);
}

function rateOf(region: Region, dr: number, direction: "uplinkRates" | "downlinkRates"): DataRate {
  const rate = region[direction][dr];
  if (rate === undefined) throw new RangeError(`${region.name} has no DR${dr}`);
  return rate;
}

/** Whether downlinks may be there. */
export function isDownlinkFrequency({ downlinkHz }: Region, frequencyHz: number): boolean {
  const { fromHz, toHz, stepHz = 1 } = downlinkHz;
  return fromHz <= frequencyHz && frequencyHz <= toHz && (frequencyHz - fromHz) % stepHz === 0;
}

/** Where a new uplink channel may be: in a sub-band that has a duty cycle of its own, if any has. */
export function isUplinkFrequency(region: Region, frequencyHz: number): boolean {
  if (region.subBands.length === 0) return isDownlinkFrequency(region, frequencyHz);
  return region.subBands.some(({ fromHz, toHz }) => fromHz <= frequencyHz && frequencyHz < toHz);
}

export function rx1DrOffsetMax({ rx1Dr }: Region): number {
  return (rx1Dr[0]?.length ?? 1) - 1;
}

/** Throws `RangeError` for a data rate or an offset that the region does not have. */
export function rx1DataRate(
  { name, rx1Dr, rx1DrDwell }: Region,
  uplinkDr: number,
  rx1DrOffset: number,
  dwell: DwellTime,
): number {
  const table = dwell.downlink ? (rx1DrDwell ?? rx1Dr) : rx1Dr;
  const dr = table[uplinkDr]?.[rx1DrOffset];
  if (dr === undefined) throw new RangeError(`${name}: RX1 of DR${uplinkDr} by ${rx1DrOffset}`);
  return dr;
}

/** Number of a LoRa modulation in one direction; undefined: the region has none such. */
export function drOfRate(rates: DataRates, { sf, bandwidthHz }: LoraRate): number | undefined {
  const dr = rates.findIndex(
    (rate) => rate?.modulation === "lora" && rate.sf === sf && rate.bandwidthHz === bandwidthHz,
  );
  return dr < 0 ? undefined : dr;
}
