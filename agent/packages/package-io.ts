import type { Crypto, Entropy, UptimeUs } from "#hal/ports.ts";
import type { DeviceClock } from "../clock.ts";
import type { DeviceEffect } from "../events.ts";
import type { Saying } from "../outbox.ts";

/** What a package may touch besides its own state, during one step. */
export interface PackageIo {
  readonly at: UptimeUs;
  readonly clock: DeviceClock;
  readonly entropy: Entropy;
  readonly crypto: Crypto;
  readonly effects: DeviceEffect[];
  /** Queues one uplink and asks the modem for it. */
  say(saying: Saying): void;
  /** The journal must hold this part of the state before anything else leaves the step. */
  persist(item: PersistItem): void;
}

export type PersistItem =
  /** The context of a group: keys, address, counters; or that it is gone, and its session with it. */
  | { readonly type: "mcGroup"; readonly mcGroupId: number }
  /** The session programmed for a group, or that there is none. */
  | { readonly type: "mcSession"; readonly mcGroupId: number }
  /** The period of clock synchronisation that the server asked for. */
  | { readonly type: "clockPeriod" }
  /** The parameters of a fragmentation session, or that it is gone. */
  | { readonly type: "fragSetup"; readonly fragIndex: number }
  /** How a fragmentation session ended. */
  | { readonly type: "fragVerdict"; readonly fragIndex: number };
