import {
  type ClockSyncDownlink,
  type ClockSyncUplink,
  clockSyncDownlink,
  clockSyncUplink,
} from "#agent/packages/clock-sync.wire.ts";
import type { BorderIo } from "./border-io.ts";
import { type Piece, readFrame, rewriteEach, type Step } from "./commands.ts";
import type { Deviations } from "./deviations.ts";

/** From 1970-01-01 to 1980-01-06. */
const UNIX_GPS_EPOCH_OFFSET_S = 315_964_800;

/** TS003 as a persona has it. */
export class ClockBorder {
  readonly #does: Deviations;
  readonly #io: BorderIo;

  constructor(does: Deviations, io: BorderIo) {
    this.#does = does;
    this.#io = io;
  }

  /** What the agent is to see of a frame. */
  take(frame: Uint8Array): readonly Piece[] {
    const skipsUnknown = this.#does.unknownCommand === "skipsByte";
    return readFrame(frame, clockSyncDownlink, skipsUnknown, (command, rest) =>
      this.#obey(command, rest),
    );
  }

  /** What leaves in the place of the agent's uplink. */
  rewrite(payload: Uint8Array): Uint8Array {
    return rewriteEach(payload, clockSyncUplink, (uplink) =>
      clockSyncUplink.encode(this.#uplink(uplink)),
    );
  }

  #obey(command: ClockSyncDownlink, rest: Uint8Array): Step {
    const { periodicity, deviceTime, clockSetBy } = this.#does;
    if (command.name === "DeviceAppTimePeriodicityReq") {
      if (periodicity === "notSupported") {
        const time = this.#io.clock().gps;
        const status = { notSupported: true };
        const name = "DeviceAppTimePeriodicityAns";
        return { said: [...clockSyncUplink.encode({ name, status, time })] };
      }
      if (periodicity === "nextByte") {
        const [, , nextByte = 0] = rest;
        const param = { period: nextByte & 0x0f };
        return { passed: clockSyncDownlink.encode({ ...command, param }), consumed: 3 };
      }
    }
    if (command.name === "AppTimeAns" && deviceTime !== undefined && clockSetBy !== undefined) {
      const timeCorrection = (command.timeCorrection - UNIX_GPS_EPOCH_OFFSET_S) | 0;
      return { passed: clockSyncDownlink.encode({ ...command, timeCorrection }) };
    }
    return { passed: clockSyncDownlink.encode(command) };
  }

  #uplink(uplink: ClockSyncUplink): ClockSyncUplink {
    if (uplink.name !== "AppTimeReq") return uplink;
    const { ansRequired, deviceTime } = this.#does;
    const isEarly = deviceTime === "epochTwice" && uplink.deviceTime > UNIX_GPS_EPOCH_OFFSET_S;
    return {
      ...uplink,
      deviceTime: uplink.deviceTime - (isEarly ? UNIX_GPS_EPOCH_OFFSET_S : 0),
      param: {
        ...uplink.param,
        ansRequired: uplink.param.ansRequired && ansRequired !== "never",
      },
    };
  }
}
