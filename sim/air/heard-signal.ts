/** How strong an uplink was, as a gateway says it. */
export interface HeardSignal {
  readonly rssiDbm: number;
  readonly snrDb: number;
}

/** With the noise figure of a concentrator, 6 dB. */
const NOISE_DBM = { 125000: -117, 250000: -114, 500000: -111 } as const;
/** What is said of a strong signal. */
const SNR_MAX_DB = 8;

export function heardSignal(
  dbm: number,
  bandwidthHz: keyof typeof NOISE_DBM = 125_000,
): HeardSignal {
  const rssiDbm = Math.round(dbm);
  return { rssiDbm, snrDb: Math.min(SNR_MAX_DB, rssiDbm - NOISE_DBM[bandwidthHz]) };
}
