/** What a modem's firmware asks of its LoRaWAN stack, and what the stack says back. */

export interface RadioIdentity {
  readonly devEui: Uint8Array;
  readonly joinEui: Uint8Array;
  readonly appKey: Uint8Array;
}

export interface SendOptions {
  readonly confirmed: boolean;
  /** MAC commands to go with it. */
  readonly linkCheck: boolean;
  readonly timeRequest: boolean;
}

export type SendOutcome =
  | { readonly type: "accepted" }
  | { readonly type: "notJoined" }
  /** Joining, or an exchange is under way. */
  | { readonly type: "busy" }
  | { readonly type: "tooLong" }
  | { readonly type: "restricted"; readonly waitMs: number };

/** A multicast group in class C. */
export interface ModemGroup {
  readonly mcAddr: number;
  readonly nwkSKey: Uint8Array;
  readonly appSKey: Uint8Array;
  readonly nextFCnt: number;
  readonly frequencyHz: number;
  readonly dr: number;
}

/**
 * Events come from scheduled work, never from within a call. Calls say at once whether they will be
 * done.
 */
export interface ModemRadio {
  /** One attempt. False: busy. */
  join(identity: RadioIdentity, dr: number): boolean;
  stopJoining(): void;
  readonly isJoined: boolean;
  /** 0 before the first join. */
  readonly devAddr: number;
  readonly netId: number;
  send(fPort: number, payload: Uint8Array, dr: number, options: SendOptions): SendOutcome;
  readonly payloadMaxBytes: number;
  /**
   * The class from now on. In class C it listens to these groups, as far as they share the tuning of
   * the first; without any, where RX2 is, to what is for the device alone.
   */
  listen(modemClass: ModemClass, groups: readonly ModemGroup[]): void;
  readonly rx2: { readonly frequencyHz: number; readonly dr: number };
  /** Forgets session, class and groups. */
  reset(): void;
}

export type ModemClass = "A" | "C";

export interface Signal {
  readonly rssiDbm: number;
  readonly snrDb: number;
}

/** A downlink in a window of an uplink; without payload it is an ACK, or MAC commands. */
export interface AnswerDownlink extends Signal {
  readonly window: "1" | "2";
  readonly morePending: boolean;
  readonly fPort: number | undefined;
  readonly payload: Uint8Array;
}

export type RadioEvent =
  | { readonly type: "joined" }
  | { readonly type: "joinFailed"; readonly reason: "rxTimeout" | "txTimeout" }
  /** An uplink and its windows are over. */
  | {
      readonly type: "exchangeOver";
      readonly confirmed: boolean;
      readonly acknowledged: boolean;
      readonly answer: AnswerDownlink | undefined;
      readonly link: { readonly marginDb: number; readonly gateways: number } | undefined;
      /** Seconds of GPS time, now; undefined: not told. */
      readonly gps: number | undefined;
      /** The host did not ask for it. */
      readonly isOwn?: boolean;
    }
  /** In class C: to the group, or to the device alone. */
  | ({
      readonly type: "multicast" | "unicast";
      readonly fPort: number;
      readonly payload: Uint8Array;
    } & Signal);
