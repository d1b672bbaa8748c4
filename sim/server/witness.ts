import type { GatewayUplink } from "#sim/air/frames.ts";
import type { JoinRefusal } from "./join-server.ts";
import type { ServerDevice } from "./server-device.ts";
import type { UplinkVerdict } from "./uplink-verdict.ts";

/** A data frame of a device, opened. */
export interface SeenUplink {
  readonly verdict: UplinkVerdict;
  readonly fPort: number | undefined;
  /** As it was sent; undefined: the frame is not authentic. */
  readonly payload: Uint8Array | undefined;
}

/** What goes to a device. */
export interface SeenDownlink {
  readonly fPort: number | undefined;
  readonly payload: Uint8Array;
  /** In clear. */
  readonly fOpts: Uint8Array;
}

/** Looks on while a server works: told of every frame before the server acts on it. */
export interface Witness {
  /** `refusal` undefined: a session was opened. */
  onJoin(device: ServerDevice, uplink: GatewayUplink, refusal: JoinRefusal | undefined): void;
  onUplink(device: ServerDevice, uplink: GatewayUplink, seen: SeenUplink): void;
  /** To the gateway. What is returned is told whether it went out. */
  onDownlink(device: ServerDevice, seen: SeenDownlink): (isSent: boolean) => void;
  /** A join request of a device that nobody provisioned. */
  onStranger(devEui: Uint8Array): void;
}
