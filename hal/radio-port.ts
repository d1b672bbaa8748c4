/**
 * What a device asks of its modem and hears from it, on whatever modem: the radio effects and events
 * of the agent, word for word.
 */

export type RadioRequest =
  /** Join unless already joined; answered with `joined`. Tried again until it works. */
  | { readonly type: "join" }
  /** Answered with `uplinkReady` as soon as the modem can send. */
  | { readonly type: "requestUplink" }
  /** Only while `uplinkReady` is being handled. */
  | {
      readonly type: "uplink";
      readonly fPort: number;
      readonly payload: Uint8Array;
      readonly confirmed: boolean;
    }
  | {
      readonly type: "setMcGroup";
      readonly groupId: number;
      readonly mcAddr: number;
      readonly mcNwkSKey: Uint8Array;
      readonly mcAppSKey: Uint8Array;
      readonly minMcFCnt: number;
      readonly maxMcFCnt: number;
      readonly nextMcFCnt: number;
    }
  | { readonly type: "deleteMcGroup"; readonly groupId: number }
  | {
      readonly type: "startClassC";
      readonly groupId: number;
      readonly frequencyHz: number;
      readonly dr: number;
    }
  | { readonly type: "stopClassC"; readonly groupId: number };

export type RadioSource =
  | { readonly type: "unicast" }
  /**
   * A modem does not tell the counter of a frame: `fCnt` then counts the frames of the group, from
   * `nextMcFCnt` on, and is never higher than the real one.
   */
  | { readonly type: "multicast"; readonly groupId: number; readonly fCnt: number };

export type RadioEvent =
  | { readonly type: "joined" }
  | {
      readonly type: "downlink";
      readonly fPort: number;
      readonly payload: Uint8Array;
      readonly source: RadioSource;
      readonly morePending: boolean;
    }
  /** The network was heard, and there was nothing for the application in it. */
  | { readonly type: "contact"; readonly morePending: boolean }
  | { readonly type: "uplinkReady"; readonly payloadMaxBytes: number }
  | { readonly type: "uplinkDone" };

/** Events come later, never from within {@link perform}. */
export interface RadioPort {
  perform(request: RadioRequest): void;
}
