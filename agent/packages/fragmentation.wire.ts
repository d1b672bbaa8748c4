/** Fragmented Data Block Transport (TS004-1.0.0 and 2.0.0). */
import { type Command, CommandSet } from "../wire/commands.ts";
import { bits, bytes, flag, rest, u8, u16, uint, when } from "../wire/fields.ts";
import { packageVersionAns, packageVersionReq } from "./package-version.wire.ts";

export const FRAG_PORT = 201;
export const FRAG_IDENTIFIER = 3;

const downlinkOfBoth = {
  ...packageVersionReq,
  FragSessionStatusReq: {
    cid: 0x01,
    fields: { param: bits(u8, { participants: flag(0), fragIndex: uint(1, 2) }) },
  },
  FragSessionDeleteReq: { cid: 0x03, fields: { param: bits(u8, { fragIndex: uint(0, 2) }) } },
  DataFragment: {
    cid: 0x08,
    alone: true,
    fields: { indexAndN: bits(u16, { n: uint(0, 14), fragIndex: uint(14, 2) }), data: rest },
  },
} as const;

const session = bits(u8, { mcGroupBitMask: uint(0, 4), fragIndex: uint(4, 2) });

/** Server to device. */
export const fragDownlinkV1 = new CommandSet({
  ...downlinkOfBoth,
  FragSessionSetupReq: {
    cid: 0x02,
    fields: {
      session,
      nbFrag: u16,
      /** Bytes. */
      fragSize: u8,
      control: bits(u8, { blockAckDelay: uint(0, 3), fragAlgo: uint(3, 3) }),
      /** Bytes at the end of the last fragment that are not part of the block. */
      padding: u8,
      descriptor: bytes(4),
    },
  },
});
export type FragDownlinkV1 = Command<typeof fragDownlinkV1>;

/** Server to device. */
export const fragDownlinkV2 = new CommandSet({
  ...downlinkOfBoth,
  FragSessionSetupReq: {
    cid: 0x02,
    fields: {
      session,
      nbFrag: u16,
      /** Bytes. */
      fragSize: u8,
      control: bits(u8, { blockAckDelay: uint(0, 3), fragAlgo: uint(3, 3), ackReception: flag(6) }),
      /** Bytes at the end of the last fragment that are not part of the block. */
      padding: u8,
      descriptor: bytes(4),
      sessionCnt: u16,
      /** In the order of the CMAC. */
      mic: bytes(4),
    },
  },
  FragDataBlockReceivedAns: { cid: 0x04, fields: { param: bits(u8, { fragIndex: uint(0, 2) }) } },
});
export type FragDownlinkV2 = Command<typeof fragDownlinkV2>;
export type FragDownlink = FragDownlinkV1 | FragDownlinkV2;

const uplinkOfBoth = {
  ...packageVersionAns,
  FragSessionDeleteAns: {
    cid: 0x03,
    fields: { status: bits(u8, { fragIndex: uint(0, 2), sessionDoesNotExist: flag(2) }) },
  },
} as const;

const received = bits(u16, { nbFragReceived: uint(0, 14), fragIndex: uint(14, 2) });

/** Device to server. */
export const fragUplinkV1 = new CommandSet({
  ...uplinkOfBoth,
  FragSessionStatusAns: {
    cid: 0x01,
    fields: { received, missingFrag: u8, status: bits(u8, { notEnoughMatrixMemory: flag(0) }) },
  },
  FragSessionSetupAns: {
    cid: 0x02,
    fields: {
      status: bits(u8, {
        encodingUnsupported: flag(0),
        notEnoughMemory: flag(1),
        fragIndexUnsupported: flag(2),
        wrongDescriptor: flag(3),
        fragIndex: uint(6, 2),
      }),
    },
  },
});
export type FragUplinkV1 = Command<typeof fragUplinkV1>;

const SESSION_DOES_NOT_EXIST = 0b100;

/** `hasCounts` says, from the status, whether anything follows it. */
function uplinkSetV2(hasCounts: (status: number) => boolean) {
  return new CommandSet({
    ...uplinkOfBoth,
    FragSessionStatusAns: {
      cid: 0x01,
      fields: {
        status: bits(u8, {
          memoryError: flag(0),
          micError: flag(1),
          sessionDoesNotExist: flag(2),
        }),
        received: when(hasCounts, received),
        missingFrag: when(hasCounts, u8),
      },
    },
    FragSessionSetupAns: {
      cid: 0x02,
      fields: {
        status: bits(u8, {
          encodingUnsupported: flag(0),
          notEnoughMemory: flag(1),
          fragIndexUnsupported: flag(2),
          wrongDescriptor: flag(3),
          sessionCntReplay: flag(4),
          fragIndex: uint(6, 2),
        }),
      },
    },
    FragDataBlockReceivedReq: {
      cid: 0x04,
      fields: { param: bits(u8, { fragIndex: uint(0, 2), micError: flag(2) }) },
    },
  });
}

/** Device to server. */
export const fragUplinkV2 = uplinkSetV2((status) => (status & SESSION_DOES_NOT_EXIST) === 0);
/** ChirpStack v4 reads all four bytes of a status whatever it says. */
export const fragUplinkV2Chirpstack = uplinkSetV2(() => true);
export type FragUplinkV2 = Command<typeof fragUplinkV2>;
