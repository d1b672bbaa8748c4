/** Firmware Management Protocol (TS006-1.0.0). */
import { type Command, CommandSet } from "../wire/commands.ts";
import { bits, flag, u8, u24, u32, uint, when } from "../wire/fields.ts";
import { packageVersionAns, packageVersionReq } from "./package-version.wire.ts";

export const FIRMWARE_MANAGEMENT_PORT = 203;
export const FIRMWARE_MANAGEMENT_IDENTIFIER = 4;

/** Server to device. */
export const fwDownlink = new CommandSet({
  ...packageVersionReq,
  DevVersionReq: { cid: 0x01, fields: {} },
  /** GPS seconds; 0 is at once, 0xFFFFFFFF cancels. */
  DevRebootTimeReq: { cid: 0x02, fields: { rebootTime: u32 } },
  /** Seconds; 0 is at once, 0xFFFFFF cancels. */
  DevRebootCountdownReq: { cid: 0x03, fields: { countdown: u24 } },
  DevUpgradeImageReq: { cid: 0x04, fields: {} },
  DevDeleteImageReq: { cid: 0x05, fields: { firmwareToDeleteVersion: u32 } },
});
export type FwDownlink = Command<typeof fwDownlink>;

/** UpImageStatus. */
export const IMAGE_VALID = 3;

/** Device to server. */
export const fwUplink = new CommandSet({
  ...packageVersionAns,
  DevVersionAns: { cid: 0x01, fields: { fwVersion: u32, hwVersion: u32 } },
  /** Seconds from this uplink to the reboot; the request's 0xFFFFFFFF; or 0, an error. */
  DevRebootTimeAns: { cid: 0x02, fields: { rebootTime: u32 } },
  DevRebootCountdownAns: { cid: 0x03, fields: { countdown: u24 } },
  DevUpgradeImageAns: {
    cid: 0x04,
    fields: {
      status: bits(u8, { upImageStatus: uint(0, 2) }),
      nextFirmwareVersion: when((status) => (status & 0b11) === IMAGE_VALID, u32),
    },
  },
  DevDeleteImageAns: {
    cid: 0x05,
    fields: { status: bits(u8, { errorNoValidImage: flag(0), errorInvalidVersion: flag(1) }) },
  },
});
export type FwUplink = Command<typeof fwUplink>;
