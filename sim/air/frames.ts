import type { UplinkContext } from "#hal/gateway-port.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";

/** One uplink on the air. */
export interface AirUplink {
  readonly phyPayload: Uint8Array;
  readonly dr: number;
  readonly frequencyHz: number;
  readonly startUs: WorldUs;
  readonly endUs: WorldUs;
}

/**
 * One downlink on the air. `phyPayload` is one shared object for all who hear it, so that what is
 * derived from it (MIC, decryption, decoded command) can be derived once.
 */
export interface AirDownlink {
  readonly phyPayload: Uint8Array;
  readonly dr: number;
  readonly frequencyHz: number;
  readonly startUs: WorldUs;
  readonly endUs: WorldUs;
}

/** What the network server asks of a gateway. */
export interface DownlinkRequest {
  /** Which one; the first, if not said. */
  readonly gateway?: number | undefined;
  readonly phyPayload: Uint8Array;
  readonly dr: number;
  readonly frequencyHz: number;
  /** Emission time on the gateway's counter, or as soon as the gateway may. */
  readonly timing: { readonly type: "at"; readonly us: WorldUs } | { readonly type: "immediately" };
  /** The uplink in whose windows it goes: a real gateway tells time by nothing else. */
  readonly answers?: GatewayUplink;
  /** What follows if this is not sent: some gateways want to know both at once. */
  readonly orElse?: DownlinkRequest;
}

/** An uplink as a gateway reports it. */
export interface GatewayUplink {
  /** The one that heard it best; the first, if not said. */
  readonly gateway?: number | undefined;
  readonly phyPayload: Uint8Array;
  readonly dr: number;
  readonly frequencyHz: number;
  readonly endUs: WorldUs;
  /** Of a gateway that has a counter of its own. */
  readonly context?: UplinkContext;
}
