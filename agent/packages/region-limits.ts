/** What a multicast session may ask of the radio. */
export interface RegionLimits {
  validMcDr(dr: number): boolean;
  validFrequency(frequencyHz: number): boolean;
}

/** EU863-870: DR0 to DR5 at 125 kHz, DR6 at 250 kHz, DR7 FSK. */
export const EU868_LIMITS: RegionLimits = {
  validMcDr: (dr) => dr <= 7,
  validFrequency: (frequencyHz) => frequencyHz >= 863_000_000 && frequencyHz <= 870_000_000,
};
