import type { AirDownlink } from "#sim/air/frames.ts";
import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";

/** What a device was told or said on an application port: in clear, at its own end. */
export interface ApplicationEntry {
  readonly type: "application";
  readonly atUs: WorldUs;
  readonly id: number;
  readonly direction: "up" | "down";
  readonly fPort: number;
  readonly payload: Uint8Array;
  readonly isMulticast: boolean;
}

/** Everything between devices, gateways and a server, as it happens. */
export type TapEntry =
  | ApplicationEntry
  | {
      readonly type: "event";
      readonly atUs: WorldUs;
      readonly gateway: number;
      readonly event: GatewayEvent;
      /** Whose uplink it is, if it is one and not forged. */
      readonly id: number | undefined;
    }
  | {
      readonly type: "command";
      readonly atUs: WorldUs;
      readonly gateway: number;
      readonly command: DownlinkCommand;
    }
  | { readonly type: "onAir"; readonly gateway: number; readonly downlink: AirDownlink };

export type Tap = (entry: TapEntry) => void;

/** Of one device, without the time. */
export type OnApplication = (said: Omit<ApplicationEntry, "type" | "atUs" | "id">) => void;
