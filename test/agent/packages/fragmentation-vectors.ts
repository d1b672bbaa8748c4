import { hex } from "../../hex.ts";
import type { Vector } from "./vector.ts";

const noSetupError = {
  encodingUnsupported: false,
  notEnoughMemory: false,
  fragIndexUnsupported: false,
  wrongDescriptor: false,
};

export const fragmentationVectors: readonly Vector[] = [
  {
    set: "fragDownlinkV1",
    bytes: "01 05",
    command: { name: "FragSessionStatusReq", param: { participants: true, fragIndex: 2 } },
  },
  {
    set: "fragUplinkV1",
    bytes: "01 00 c4 80 01",
    command: {
      name: "FragSessionStatusAns",
      received: { nbFragReceived: 1024, fragIndex: 3 },
      missingFrag: 128,
      status: { notEnoughMatrixMemory: true },
    },
  },
  {
    set: "fragUplinkV2Chirpstack",
    bytes: "01 05 00 c4 80",
    command: {
      name: "FragSessionStatusAns",
      status: { memoryError: true, micError: false, sessionDoesNotExist: true },
      received: { nbFragReceived: 1024, fragIndex: 3 },
      missingFrag: 128,
    },
  },
  {
    set: "fragUplinkV2",
    bytes: "01 00 0a 00 01",
    command: {
      name: "FragSessionStatusAns",
      status: { memoryError: false, micError: false, sessionDoesNotExist: false },
      received: { nbFragReceived: 10, fragIndex: 0 },
      missingFrag: 1,
    },
  },
  {
    set: "fragUplinkV2",
    bytes: "01 04",
    command: {
      name: "FragSessionStatusAns",
      status: { memoryError: false, micError: false, sessionDoesNotExist: true },
    },
  },
  {
    set: "fragDownlinkV1",
    bytes: "02 31 00 04 80 0d 40 01 02 03 04",
    command: {
      name: "FragSessionSetupReq",
      session: { mcGroupBitMask: 1, fragIndex: 3 },
      nbFrag: 1024,
      fragSize: 128,
      control: { blockAckDelay: 5, fragAlgo: 1 },
      padding: 64,
      descriptor: hex("01 02 03 04"),
    },
  },
  {
    set: "fragDownlinkV1",
    bytes: "02 01 0a 00 0a 02 05 01 02 03 04",
    command: {
      name: "FragSessionSetupReq",
      session: { mcGroupBitMask: 1, fragIndex: 0 },
      nbFrag: 10,
      fragSize: 10,
      control: { blockAckDelay: 2, fragAlgo: 0 },
      padding: 5,
      descriptor: hex("01 02 03 04"),
    },
  },
  {
    set: "fragDownlinkV2",
    bytes: "02 01 0a 00 0a 42 05 01 02 03 04 07 00 bb fa d0 0c",
    command: {
      name: "FragSessionSetupReq",
      session: { mcGroupBitMask: 1, fragIndex: 0 },
      nbFrag: 10,
      fragSize: 10,
      control: { blockAckDelay: 2, fragAlgo: 0, ackReception: true },
      padding: 5,
      descriptor: hex("01 02 03 04"),
      sessionCnt: 7,
      mic: hex("bb fa d0 0c"),
    },
  },
  {
    set: "fragUplinkV1",
    bytes: "02 8b",
    command: {
      name: "FragSessionSetupAns",
      status: {
        encodingUnsupported: true,
        notEnoughMemory: true,
        fragIndexUnsupported: false,
        wrongDescriptor: true,
        fragIndex: 2,
      },
    },
  },
  {
    set: "fragUplinkV2",
    bytes: "02 50",
    command: {
      name: "FragSessionSetupAns",
      status: { ...noSetupError, sessionCntReplay: true, fragIndex: 1 },
    },
  },
  {
    set: "fragDownlinkV2",
    bytes: "03 02",
    command: { name: "FragSessionDeleteReq", param: { fragIndex: 2 } },
  },
  {
    set: "fragUplinkV1",
    bytes: "03 06",
    command: {
      name: "FragSessionDeleteAns",
      status: { fragIndex: 2, sessionDoesNotExist: true },
    },
  },
  {
    set: "fragUplinkV2",
    bytes: "04 06",
    command: { name: "FragDataBlockReceivedReq", param: { fragIndex: 2, micError: true } },
  },
  {
    set: "fragDownlinkV2",
    bytes: "04 02",
    command: { name: "FragDataBlockReceivedAns", param: { fragIndex: 2 } },
  },
  {
    set: "fragDownlinkV1",
    bytes: "08 00 84 0a 0b 0c",
    command: {
      name: "DataFragment",
      indexAndN: { n: 1024, fragIndex: 2 },
      data: hex("0a 0b 0c"),
    },
  },
  {
    set: "fragDownlinkV2",
    bytes: "08 0b 00 26 26 22 22 2e 2e 22 22 26 26",
    command: {
      name: "DataFragment",
      indexAndN: { n: 11, fragIndex: 0 },
      data: hex("26 26 22 22 2e 2e 22 22 26 26"),
    },
  },
];
