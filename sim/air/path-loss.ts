import { log10 } from "#sim/kernel/logarithm.ts";

/** Log-distance path loss: `lossDb` at `distanceM`, `exponent` beyond it, spread by `sigmaDb`. */
export interface PathLoss {
  readonly distanceM: number;
  readonly lossDb: number;
  readonly exponent: number;
  /** Standard deviation of what is in the way. */
  readonly sigmaDb: number;
  /** Of both antennas together. */
  readonly antennaDb: number;
}

/** Parameter sets of published simulators. */
export const PATH_LOSS = {
  /** LoRaSim (Bor and others 2016), and FLoRa's default. */
  lorasim: { distanceM: 40, lossDb: 127.41, exponent: 2.08, sigmaDb: 3.57, antennaDb: 0 },
  /** Measured in Oulu (Petäjäjärvi and others 2015), as in FLoRa. */
  oulu: { distanceM: 1000, lossDb: 128.95, exponent: 2.32, sigmaDb: 7.8, antennaDb: 2 },
  /** The lorawan module of ns-3; its spread is correlated in space, which is not modelled. */
  ns3: { distanceM: 1, lossDb: 7.7, exponent: 3.76, sigmaDb: 0, antennaDb: 0 },
} as const satisfies Readonly<Record<string, PathLoss>>;

/** Mean, in dB, antennas counted in. Nearer than its first distance the loss is that at it. */
export function pathLossDb(
  { distanceM, lossDb, exponent, antennaDb }: PathLoss,
  squaredDistanceM2: number,
): number {
  const ratio = Math.max(1, squaredDistanceM2 / (distanceM * distanceM));
  return lossDb - antennaDb + 5 * exponent * log10(ratio);
}
