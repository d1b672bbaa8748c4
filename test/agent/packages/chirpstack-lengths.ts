import { hex } from "../../hex.ts";
import { ok } from "./multicast-vectors.ts";
import type { Vector } from "./vector.ts";

const statusV1 = {
  name: "FragSessionStatusAns",
  received: { nbFragReceived: 1, fragIndex: 0 },
  missingFrag: 0,
  status: { notEnoughMatrixMemory: false },
};
const statusV2 = {
  name: "FragSessionStatusAns",
  received: { nbFragReceived: 0, fragIndex: 0 },
  missingFrag: 0,
  status: { memoryError: false, micError: false, sessionDoesNotExist: true },
};
const setupReqV1 = {
  name: "FragSessionSetupReq",
  session: { mcGroupBitMask: 1, fragIndex: 0 },
  nbFrag: 1,
  fragSize: 1,
  control: { blockAckDelay: 0, fragAlgo: 0, ackReception: false },
  padding: 0,
  descriptor: hex("00 00 00 00"),
};
const setupReqV2 = { ...setupReqV1, sessionCnt: 0, mic: hex("00 00 00 00") };

/** Its `from_slice` takes these lengths and no other, CID included. */
export const chirpstackLengths: readonly (Omit<Vector, "bytes"> & { readonly bytes: number })[] = [
  { set: "fragUplinkV1", bytes: 5, command: statusV1 },
  { set: "fragUplinkV2Chirpstack", bytes: 5, command: statusV2 },
  { set: "fragDownlinkV1", bytes: 11, command: setupReqV1 },
  { set: "fragDownlinkV2", bytes: 17, command: setupReqV2 },
  {
    set: "mcUplinkV1",
    bytes: 5,
    command: { name: "McClassCSessionAns", status: ok, timeToStart: 1 },
  },
  {
    set: "mcUplinkChirpstack",
    bytes: 5,
    command: { name: "McClassBSessionAns", status: ok, timeToStart: 1 },
  },
  {
    set: "mcUplinkChirpstack",
    bytes: 5,
    command: {
      name: "McClassCSessionAns",
      status: { ...ok, startMissed: true },
      timeToStart: 0,
    },
  },
];
