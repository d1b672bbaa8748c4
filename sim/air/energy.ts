/** Energy of a device from the time its radio spends in each mode. */

/** Time in µs; the rest of a device's life is sleep. */
export interface RadioTime {
  readonly txUs: number;
  readonly rxUs: number;
  readonly standbyUs: number;
}

/** Current by mode, in nanoamperes so that they are whole. */
export interface CurrentModel {
  readonly txNa: number;
  readonly rxNa: number;
  readonly standbyNa: number;
  readonly sleepNa: number;
  readonly supplyMv: number;
}

/** The currents of the ns-3 lorawan module: 4 to 14 % below measured devices. */
export const NS3_CURRENTS: CurrentModel = {
  txNa: 28_000_000,
  rxNa: 11_200_000,
  standbyNa: 1_400_000,
  sleepNa: 1500,
  supplyMv: 3300,
};

/** Joules over `totalUs` of life. */
export function energyJ(
  time: RadioTime,
  totalUs: number,
  currents: CurrentModel = NS3_CURRENTS,
): number {
  const { txUs, rxUs, standbyUs } = time;
  const sleepUs = Math.max(totalUs - txUs - rxUs - standbyUs, 0);
  const chargeNaUs =
    txUs * currents.txNa +
    rxUs * currents.rxNa +
    standbyUs * currents.standbyNa +
    sleepUs * currents.sleepNa;
  return (chargeNaUs * currents.supplyMv) / 1e18;
}
