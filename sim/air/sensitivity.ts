/** Lowest power in dBm at which SF7 to SF12 are received at 125 kHz. */
const DEVICE_DBM = [-124, -127, -130, -133, -135, -137];
const GATEWAY_DBM = [-130, -132.5, -135, -137.5, -140, -142.5];
/** Each doubling of the bandwidth lets in twice the noise. */
const DOUBLINGS_DB: Readonly<Record<number, number>> = { 125000: 0, 250000: 3, 500000: 6 };
const SF_MIN = 7;

/** SX1272, as in the lorawan module of ns-3. */
export function deviceSensitivityDbm(sf: number, bandwidthHz: number): number {
  return sensitivity(DEVICE_DBM, sf, bandwidthHz);
}

/** SX1301, as in the lorawan module of ns-3. */
export function gatewaySensitivityDbm(sf: number, bandwidthHz: number): number {
  return sensitivity(GATEWAY_DBM, sf, bandwidthHz);
}

function sensitivity(table: readonly number[], sf: number, bandwidthHz: number): number {
  const dbm = table[sf - SF_MIN];
  const noiseDb = DOUBLINGS_DB[bandwidthHz];
  if (dbm === undefined || noiseDb === undefined) {
    throw new RangeError(`no sensitivity for SF${sf} at ${bandwidthHz} Hz`);
  }
  return dbm + noiseDb;
}
