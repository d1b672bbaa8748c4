/**
 * LoRaWAN link layer (TS001), by the names that servers' device profiles have. "1.0" is 1.0.3 but for
 * its DevNonce, which counts as in 1.0.4.
 */
export type LorawanRevision = "1.0" | "1.0.2" | "1.0.3" | "1.0.4" | "1.1";

/** All that keys and frames depend on. */
export function lorawanLineOf(revision: LorawanRevision): "1.0" | "1.1" {
  return revision === "1.1" ? "1.1" : "1.0";
}
