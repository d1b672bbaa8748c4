/** Remote Multicast Setup (TS005-1.0.0 and 2.0.0). */
import { type Command, CommandSet } from "../wire/commands.ts";
import {
  bits,
  bytes,
  flag,
  frequencyHz,
  perBit,
  u8,
  u24,
  u32,
  uint,
  when,
} from "../wire/fields.ts";
import { packageVersionAns, packageVersionReq } from "./package-version.wire.ts";

export const MULTICAST_SETUP_PORT = 200;
export const MULTICAST_SETUP_IDENTIFIER = 2;

const idHeader = bits(u8, { mcGroupId: uint(0, 2) });

/** Server to device, alike in both versions. */
export const mcDownlink = new CommandSet({
  ...packageVersionReq,
  McGroupStatusReq: { cid: 0x01, fields: { param: bits(u8, { reqGroupMask: uint(0, 4) }) } },
  McGroupSetupReq: {
    cid: 0x02,
    fields: {
      header: idHeader,
      mcAddr: u32,
      /** In natural order; see `keys/multicast.ts`. */
      mcKeyEncrypted: bytes(16),
      minMcFCnt: u32,
      maxMcFCnt: u32,
    },
  },
  McGroupDeleteReq: { cid: 0x03, fields: { header: idHeader } },
  McClassCSessionReq: {
    cid: 0x04,
    fields: {
      header: idHeader,
      /** GPS seconds modulo 2^32. */
      sessionTime: u32,
      /** The session lasts 2^timeOut seconds. */
      param: bits(u8, { timeOut: uint(0, 4) }),
      dlFrequencyHz: frequencyHz,
      dr: u8,
    },
  },
  McClassBSessionReq: {
    cid: 0x05,
    fields: {
      header: idHeader,
      /** GPS seconds modulo 2^32; a multiple of 128. */
      sessionTime: u32,
      /** The session lasts 128 · 2^timeOut seconds, with 2^(7 - periodicity) slots per beacon. */
      param: bits(u8, { timeOut: uint(0, 4), periodicity: uint(4, 3) }),
      /** 0: the beacon-hopping channels of the region. */
      dlFrequencyHz: frequencyHz,
      dr: u8,
    },
  },
});
export type McDownlink = Command<typeof mcDownlink>;

/** `errorMask` holds the status bits that take the place of TimeToStart. */
function uplinkSet(errorMask: number) {
  const sessionAns = {
    status: bits(u8, {
      mcGroupId: uint(0, 2),
      drError: flag(2),
      freqError: flag(3),
      mcGroupUndefined: flag(4),
      /** Reserved in 1.0.0: such a device sends 0. */
      startMissed: flag(5),
      reservedErrors: uint(6, 2),
    }),
    /** Seconds from this uplink to the start of the session. */
    timeToStart: when((status) => (status & errorMask) === 0, u24),
  };
  return new CommandSet({
    ...packageVersionAns,
    McGroupStatusAns: {
      cid: 0x01,
      fields: {
        status: bits(u8, { ansGroupMask: uint(0, 4), nbTotalGroups: uint(4, 3) }),
        groups: perBit(0b1111, { mcGroupId: u8, mcAddr: u32 }),
      },
    },
    McGroupSetupAns: {
      cid: 0x02,
      fields: { status: bits(u8, { mcGroupId: uint(0, 2), idError: flag(2) }) },
    },
    McGroupDeleteAns: {
      cid: 0x03,
      fields: { status: bits(u8, { mcGroupId: uint(0, 2), mcGroupUndefined: flag(2) }) },
    },
    McClassCSessionAns: { cid: 0x04, fields: sessionAns },
    McClassBSessionAns: { cid: 0x05, fields: sessionAns },
  });
}

/** Device to server. */
export const mcUplinkV1 = uplinkSet(0b0001_1100);
export const mcUplinkV2 = uplinkSet(0b1111_1100);
/**
 * What ChirpStack v4 reads in 2.0.0: it wants TimeToStart beside a lone StartMissed, and does not
 * look at the reserved errors.
 */
export const mcUplinkChirpstack = uplinkSet(0b0001_1100);
export type McUplink = Command<typeof mcUplinkV2>;
