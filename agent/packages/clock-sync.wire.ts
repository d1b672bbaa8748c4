/** Application Layer Clock Synchronization (TS003-1.0.0 and 2.0.0): one wire format. */
import { type Command, CommandSet } from "../wire/commands.ts";
import { bits, flag, i32, u8, u32, uint } from "../wire/fields.ts";
import { packageVersionAns, packageVersionReq } from "./package-version.wire.ts";

export const CLOCK_SYNC_PORT = 202;
export const CLOCK_SYNC_IDENTIFIER = 1;

/** Server to device. */
export const clockSyncDownlink = new CommandSet({
  ...packageVersionReq,
  AppTimeAns: {
    cid: 0x01,
    fields: {
      /** Seconds to add to the device's clock. */
      timeCorrection: i32,
      param: bits(u8, { tokenAns: uint(0, 4) }),
    },
  },
  /** The period is 128 · 2^period seconds. */
  DeviceAppTimePeriodicityReq: {
    cid: 0x02,
    fields: { param: bits(u8, { period: uint(0, 4) }) },
  },
  /** ForceDeviceResyncCmd in 2.0.0. It has no answer of its own. */
  ForceDeviceResyncReq: {
    cid: 0x03,
    fields: { param: bits(u8, { nbTransmissions: uint(0, 3) }) },
  },
});
export type ClockSyncDownlink = Command<typeof clockSyncDownlink>;

/** Device to server. */
export const clockSyncUplink = new CommandSet({
  ...packageVersionAns,
  AppTimeReq: {
    cid: 0x01,
    fields: {
      /** GPS seconds modulo 2^32. */
      deviceTime: u32,
      param: bits(u8, { tokenReq: uint(0, 4), ansRequired: flag(4) }),
    },
  },
  DeviceAppTimePeriodicityAns: {
    cid: 0x02,
    fields: {
      status: bits(u8, { notSupported: flag(0) }),
      /** GPS seconds modulo 2^32. */
      time: u32,
    },
  },
});
export type ClockSyncUplink = Command<typeof clockSyncUplink>;
