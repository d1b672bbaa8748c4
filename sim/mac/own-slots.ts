/** Unicast in class B: what of it is between the session and the receiver. */
import type { WorldUs } from "#sim/kernel/engine.ts";
import { beaconTimeAt, hoppingHz } from "./beacon-timing.ts";
import { OWN_SLOTS } from "./class-b.ts";
import type { MacConfig, MacParts } from "./mac-parts.ts";
import type { MacSession } from "./nvm.ts";

/** Once the server knows of them, and again when it has moved them. */
export function openOwnSlots({ config, nvm, classB, io }: MacParts): void {
  const { session } = nvm;
  if (config.unicastClass !== "B" || session?.pingSlots.isAgreed !== true) return;
  const { frequencyHz, dr } = session.pingSlots;
  const periodicity = config.pingPeriodicity ?? 0;
  const group = { address: session.devAddr, frequencyHz, dr, periodicity };
  classB.open(OWN_SLOTS, group, io.scheduler.now);
}

/** Gateways send beacons as the region has them, whatever BeaconFreqReq told the device. */
export function hearsBeacon(
  { regional, gpsAtStart = 0 }: MacConfig,
  session: MacSession | undefined,
  startUs: WorldUs,
): boolean {
  const { beaconHz = 0 } = session?.pingSlots ?? {};
  if (beaconHz === 0) return true;
  const { frequenciesHz } = regional.region.classB.beacon;
  return beaconHz === hoppingHz(frequenciesHz, beaconTimeAt(gpsAtStart * 1e6 + startUs));
}
