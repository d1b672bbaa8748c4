import { hex } from "../../hex.ts";
import type { Vector } from "./vector.ts";

/** Status of a session answer without an error. */
export const ok = {
  mcGroupId: 0,
  drError: false,
  freqError: false,
  mcGroupUndefined: false,
  startMissed: false,
  reservedErrors: 0,
};

const sessionAns = (set: Vector["set"], bytes: string, status: object, more: object = {}) => ({
  set,
  bytes,
  command: { name: "McClassCSessionAns", status: { ...ok, ...status }, ...more },
});

export const multicastVectors: readonly Vector[] = [
  {
    set: "mcDownlink",
    bytes: "01 05",
    command: { name: "McGroupStatusReq", param: { reqGroupMask: 5 } },
  },
  {
    set: "mcUplinkV1",
    bytes: "01 35 00 fe ff ff 01 02 04 03 02 01",
    command: {
      name: "McGroupStatusAns",
      status: { ansGroupMask: 5, nbTotalGroups: 3 },
      groups: [
        { mcGroupId: 0, mcAddr: 0x01fffffe },
        { mcGroupId: 2, mcAddr: 0x01020304 },
      ],
    },
  },
  {
    set: "mcUplinkV2",
    bytes: "01 40",
    command: {
      name: "McGroupStatusAns",
      status: { ansGroupMask: 0, nbTotalGroups: 4 },
      groups: [],
    },
  },
  {
    set: "mcDownlink",
    bytes:
      "02 00 fe ff ff 01 fb f1 47 1e fd ac 69 59 9a 52 a0 ff c1 0b 90 ce 00 00 00 00 ff ff ff ff",
    command: {
      name: "McGroupSetupReq",
      header: { mcGroupId: 0 },
      mcAddr: 0x01fffffe,
      mcKeyEncrypted: hex("fb f1 47 1e fd ac 69 59 9a 52 a0 ff c1 0b 90 ce"),
      minMcFCnt: 0,
      maxMcFCnt: 0xffffffff,
    },
  },
  {
    set: "mcUplinkV1",
    bytes: "02 00",
    command: { name: "McGroupSetupAns", status: { mcGroupId: 0, idError: false } },
  },
  {
    set: "mcUplinkV2",
    bytes: "02 07",
    command: { name: "McGroupSetupAns", status: { mcGroupId: 3, idError: true } },
  },
  {
    set: "mcDownlink",
    bytes: "03 02",
    command: { name: "McGroupDeleteReq", header: { mcGroupId: 2 } },
  },
  {
    set: "mcUplinkV1",
    bytes: "03 06",
    command: { name: "McGroupDeleteAns", status: { mcGroupId: 2, mcGroupUndefined: true } },
  },
  {
    set: "mcDownlink",
    bytes: "04 00 92 7b 80 56 08 d2 ad 84 00",
    command: {
      name: "McClassCSessionReq",
      header: { mcGroupId: 0 },
      sessionTime: 1_451_260_818,
      param: { timeOut: 8 },
      dlFrequencyHz: 869_525_000,
      dr: 0,
    },
  },
  {
    set: "mcDownlink",
    bytes: "05 00 80 7b 80 56 23 d2 ad 84 00",
    command: {
      name: "McClassBSessionReq",
      header: { mcGroupId: 0 },
      sessionTime: 1_451_260_800,
      param: { timeOut: 3, periodicity: 2 },
      dlFrequencyHz: 869_525_000,
      dr: 0,
    },
  },
  sessionAns("mcUplinkV1", "04 00 2c 01 00", {}, { timeToStart: 300 }),
  sessionAns("mcUplinkV2", "04 00 2c 01 00", {}, { timeToStart: 300 }),
  sessionAns("mcUplinkV1", "04 0c", { drError: true, freqError: true }),
  sessionAns("mcUplinkV2", "04 10", { mcGroupUndefined: true }),
  sessionAns("mcUplinkV2", "04 20", { startMissed: true }),
  sessionAns("mcUplinkV2", "04 40", { reservedErrors: 1 }),
  sessionAns("mcUplinkChirpstack", "04 20 00 00 00", { startMissed: true }, { timeToStart: 0 }),
  sessionAns("mcUplinkChirpstack", "04 2c", { startMissed: true, drError: true, freqError: true }),
  {
    set: "mcUplinkV2",
    bytes: "05 01 ff ff ff",
    command: {
      name: "McClassBSessionAns",
      status: { ...ok, mcGroupId: 1 },
      timeToStart: 0xffffff,
    },
  },
];
