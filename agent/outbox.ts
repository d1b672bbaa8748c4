import type { GpsSeconds } from "#hal/ports.ts";

/**
 * One thing the device has to say, one uplink each. What depends on time or on the size of the
 * frame is only named here and built when the modem is ready to send.
 */
export type Saying =
  | { readonly type: "answer"; readonly fPort: number; readonly payload: Uint8Array }
  /** An application uplink: lets the server answer. */
  | { readonly type: "heartbeat" }
  | { readonly type: "appTimeReq" }
  | { readonly type: "periodicityAns" }
  | {
      readonly type: "mcSessionAns";
      readonly sessionClass: "B" | "C";
      readonly mcGroupId: number;
      readonly errors: McSessionErrors;
      readonly startGps: GpsSeconds;
    }
  | { readonly type: "mcGroupStatusAns"; readonly reqGroupMask: number }
  | { readonly type: "rebootTimeAns"; readonly rebootGps: GpsSeconds }
  | { readonly type: "fragStatusAns"; readonly fragIndex: number }
  | { readonly type: "fragReceivedReq"; readonly fragIndex: number };

/** Bits of a McClassCSessionAns or McClassBSessionAns. */
export interface McSessionErrors {
  readonly drError: boolean;
  readonly freqError: boolean;
  readonly mcGroupUndefined: boolean;
  readonly startMissed: boolean;
}

/** Far more than a server asks at once; a frame of 242 one-byte requests may ask for more. */
const SAYINGS_MAX = 32;

/** What waits for an uplink, oldest first. Plain data. */
export class Outbox {
  readonly waiting: Saying[] = [];

  /**
   * What says the same whenever it is sent waits only once. When the outbox is full the saying is
   * dropped: servers ask again, timers repeat. Returns whether anything was added.
   */
  push(saying: Saying): boolean {
    if (this.waiting.length >= SAYINGS_MAX || this.waiting.some((other) => isSame(other, saying))) {
      return false;
    }
    this.waiting.push(saying);
    return true;
  }

  get next(): Saying | undefined {
    return this.waiting[0];
  }

  shift(): Saying | undefined {
    return this.waiting.shift();
  }
}

function isSame(a: Saying, b: Saying): boolean {
  switch (a.type) {
    case "heartbeat":
    case "appTimeReq":
      return a.type === b.type;
    case "fragStatusAns":
    case "fragReceivedReq":
      return a.type === b.type && a.fragIndex === b.fragIndex;
    default:
      return false;
  }
}
