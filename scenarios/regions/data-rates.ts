import type { DataRate, DataRates } from "./region.ts";

export function lora(sf: number, bandwidthHz: 125_000 | 250_000 | 500_000): DataRate {
  return { modulation: "lora", sf, bandwidthHz };
}

export const FSK: DataRate = { modulation: "fsk", bitsPerSecond: 50_000 };

/** DR0 to DR5: SF12 to SF7 at 125 kHz, as in all regions but US915. */
export const SF12_TO_SF7: DataRates = [12, 11, 10, 9, 8, 7].map((sf) => lora(sf, 125_000));

/** DR8 to DR13 of US915 and AU915: SF12 to SF7 at 500 kHz. */
export const WIDE_DOWNLINK: DataRates = [
  ...new Array<undefined>(8).fill(undefined),
  ...[12, 11, 10, 9, 8, 7].map((sf) => lora(sf, 500_000)),
];

/** Data rate of RX1 where each step of the offset is a step down, to DR0 at last. */
export function downBy(offsetMax: number, drMax: number): readonly (readonly number[])[] {
  return Array.from({ length: drMax + 1 }, (_, dr) =>
    Array.from({ length: offsetMax + 1 }, (_, offset) => Math.max(dr - offset, 0)),
  );
}
