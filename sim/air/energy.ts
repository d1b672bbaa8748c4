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

/**
 * NUCLEO-WL55JC1 with the LoRaMac stack, its processor always awake: what its supply measures in each
 * mode (public traces at 500 Hz and 3.0 V of klementc/fuotaa-reprod: the levels at which most samples
 * of a session lie).
 */
export const NUCLEO_WL55_CURRENTS: CurrentModel = {
  txNa: 28_300_000,
  rxNa: 7_900_000,
  standbyNa: 3_070_000,
  sleepNa: 3_070_000,
  supplyMv: 3000,
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
