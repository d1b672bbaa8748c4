/** How strong an uplink was, as a gateway says it. */
export interface HeardSignal {
  readonly rssiDbm: number;
  readonly snrDb: number;
}

/** In 125 kHz, with the noise figure of a concentrator, 6 dB. */
const NOISE_DBM = -117;
/** What is said of a strong signal. */
const SNR_MAX_DB = 8;

/** In 125 kHz. */
export function heardSignal(dbm: number): HeardSignal {
  const rssiDbm = Math.round(dbm);
  return { rssiDbm, snrDb: Math.min(SNR_MAX_DB, rssiDbm - NOISE_DBM) };
}
