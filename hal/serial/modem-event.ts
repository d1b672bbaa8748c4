/** What a modem says of its own accord, in no dialect's words. */

export interface Reception {
  /** The receive window; undefined where the dialect does not say. */
  readonly window: "1" | "2" | "B" | "C" | undefined;
  readonly rssiDbm: number;
  readonly snrDb: number;
  /** Undefined where the dialect does not say. */
  readonly cast: "unicast" | "multicast" | undefined;
  readonly fPort: number;
  readonly payload: Uint8Array;
}

export type ModemEvent =
  | { readonly type: "received"; readonly reception: Reception }
  | { readonly type: "joined" }
  /** One attempt; the modem may try again by itself. */
  | { readonly type: "joinFailed"; readonly detail: string }
  /** A downlink without payload for the application. */
  | { readonly type: "contact" }
  /** An uplink and its receive windows are over. */
  | { readonly type: "sent" }
  | { readonly type: "confirmed"; readonly isOk: boolean }
  | { readonly type: "time"; readonly isOk: boolean }
  | {
      readonly type: "linkCheck";
      readonly isOk: boolean;
      readonly marginDb: number;
      readonly gateways: number;
    }
  /** Duty cycle: it may send again after so long. */
  | { readonly type: "restricted"; readonly waitMs: number }
  /** The server has more class A downlinks. */
  | { readonly type: "morePending" }
  | { readonly type: "restarted"; readonly mode: string }
  /** Known to be unsolicited, and of no use here. */
  | { readonly type: "other"; readonly text: string };
