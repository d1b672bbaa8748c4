import { buildAppTimeReq, newClockSyncState, stepClockSync } from "#agent/packages/clock-sync.ts";
import { clockSyncDownlink } from "#agent/packages/clock-sync.wire.ts";
import { hex } from "../../hex.ts";
import { type multicast, S, TestIo, unicast } from "./test-io.ts";

/** Just enough device to run clock synchronisation. */
export class ClockSyncNode {
  readonly io: TestIo;
  readonly state;
  readonly version: 1 | 2;

  constructor(
    options: { readonly gps?: number; readonly synced?: boolean; readonly version?: 1 | 2 } = {},
    period?: number,
  ) {
    this.io = new TestIo(options);
    this.state = newClockSyncState(period);
    this.version = options.version ?? 2;
  }

  step(type: "boot" | "joined" | "timer" | "syncRequired", isAwaited = false): boolean {
    const event = type === "boot" ? { type, isAwaited } : { type };
    return stepClockSync(this.state, event, this, this.io);
  }

  receive(bytes: string, source: typeof unicast | typeof multicast = unicast): boolean {
    const payload = hex(bytes);
    return stepClockSync(this.state, { type: "downlink", payload, source }, this, this.io);
  }

  /** Whatever waits goes out, `afterS` seconds from now. */
  send(afterS = 0): Uint8Array {
    this.io.at += afterS * S;
    return buildAppTimeReq(this.state, this, this.io);
  }

  correct(correctionS: number, token: number): boolean {
    const command = {
      name: "AppTimeAns",
      timeCorrection: correctionS,
      param: { tokenAns: token },
    } as const;
    const payload = clockSyncDownlink.encode(command);
    const event = { type: "downlink", payload, source: unicast } as const;
    return stepClockSync(this.state, event, this, this.io);
  }

  /** Seconds from now to the armed timer. */
  get timerIn(): number | undefined {
    const at = this.io.timerAt("clockSync");
    return at === undefined ? undefined : (at - this.io.at) / S;
  }
}

export const APP_TIME_REQ = [{ type: "appTimeReq" }];
export const DAY_AND_A_HALF_S = 36 * 3600;
