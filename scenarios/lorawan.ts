/**
 * LoRaWAN link layer (TS001), by the names that servers' device profiles have. "1.0" is 1.0.3 but for
 * its DevNonce, which counts as in 1.0.4.
 */
export const LORAWAN_REVISIONS = ["1.0", "1.0.2", "1.0.3", "1.0.4", "1.1"] as const;
export type LorawanRevision = (typeof LORAWAN_REVISIONS)[number];

/** All that keys and frames depend on. */
export function lorawanLineOf(revision: LorawanRevision): "1.0" | "1.1" {
  return revision === "1.1" ? "1.1" : "1.0";
}

/** How a device hears what is for it alone: after its uplinks, in ping slots too, or always. */
export type UnicastClass = "A" | "B" | "C";

/** More than a downlink of class C and the uplink that it causes take, at SF12. */
const CLASS_C_SHIFT_S = 15;

/**
 * The uplink interval that a server is told, which paces its stages. A stage sends to class C at its
 * start, and a device's uplinks follow its answer to the stage before: at one period both would meet
 * in each stage anew, and who sends does not hear.
 */
export function stageIntervalS(device: {
  readonly uplinkIntervalS: number;
  readonly unicastClass: UnicastClass;
}): number {
  return device.uplinkIntervalS + (device.unicastClass === "C" ? CLASS_C_SHIFT_S : 0);
}
