import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import {
  isDataMicValid,
  type OutgoingData,
  openFOpts,
  openPayload,
  sealData,
} from "#sim/mac/data-security.ts";
import { type DataFrame, parsePhyPayload } from "#sim/mac/frame.ts";
import type { SessionKeys } from "#sim/mac/session-keys.ts";
import { hex } from "../../hex.ts";
import { bigEndian, buffer, loraPacket, plain, upperHalf } from "./lora-packet.ts";

const crypto = new NodeCrypto();
const key = (fill: number) => Uint8Array.from({ length: 16 }, (_, index) => fill + 7 * index);
const nwkSKey = key(1);
const appSKey = key(2);
const [fNwkSIntKey, sNwkSIntKey, nwkSEncKey] = [key(3), key(4), key(5)];
const keys10: SessionKeys = { lorawan: "1.0", nwkSKey, appSKey };
const keys11: SessionKeys = { lorawan: "1.1", fNwkSIntKey, sNwkSIntKey, nwkSEncKey, appSKey };

const frame = (rest: Partial<OutgoingData> = {}): OutgoingData => ({
  direction: "up",
  confirmed: false,
  devAddr: 0x49be7df1,
  adr: false,
  adrAckReq: false,
  ack: false,
  fPending: false,
  fPort: 201,
  fOpts: new Uint8Array(0),
  frmPayload: Uint8Array.from({ length: 51 }, (_, index) => index),
  ...rest,
});

const down = { direction: "down" } as const;
const frames: readonly (readonly [name: string, frame: OutgoingData])[] = [
  ["uplink", frame()],
  ["confirmed uplink with ADR", frame({ confirmed: true, adr: true })],
  ["uplink of one byte", frame({ frmPayload: hex("2a") })],
  ["uplink of two whole blocks", frame({ frmPayload: new Uint8Array(32) })],
  ["longest uplink", frame({ frmPayload: new Uint8Array(242).fill(0xa5) })],
  ["uplink with FOpts", frame({ fOpts: hex("03 07 06 ff 0a") })],
  ["MAC commands on port 0", frame({ fPort: 0, frmPayload: hex("02 0b 01") })],
  ["downlink", frame({ ...down, fPending: true })],
  ["confirmed downlink", frame({ ...down, confirmed: true })],
  ["downlink with FOpts", frame({ ...down, fOpts: hex("06 05 00 d2 ad 84") })],
  ["downlink on port 0", frame({ ...down, fPort: 0, frmPayload: hex("06") })],
  [
    "downlink of FOpts alone",
    frame({ ...down, fPort: undefined, frmPayload: hex(""), fOpts: hex("06") }),
  ],
  ["empty downlink", frame({ ...down, fPort: undefined, frmPayload: hex("") })],
];
const counters = [0, 1, 0xffff, 0x10000, 0x1234_5678];

function parsed(phy: Uint8Array): DataFrame {
  const result = parsePhyPayload(phy);
  if (result.type !== "data") throw new Error(`not a data frame: ${result.type}`);
  return result;
}

function theirFields(outgoing: OutgoingData, fCnt: number) {
  const direction = outgoing.direction === "up" ? "Up" : "Down";
  return {
    MType: `${outgoing.confirmed ? "Confirmed" : "Unconfirmed"} Data ${direction}`,
    DevAddr: bigEndian(outgoing.devAddr, 4),
    FCtrl: { ADR: outgoing.adr, ACK: outgoing.ack, FPending: outgoing.fPending },
    FCnt: bigEndian(fCnt % 65_536, 2),
    FOpts: buffer(outgoing.fOpts),
    payload: buffer(outgoing.frmPayload),
    ...(outgoing.fPort === undefined ? {} : { FPort: outgoing.fPort }),
  };
}

function expectFields(phy: Uint8Array, outgoing: OutgoingData, fCnt: number, keys: SessionKeys) {
  const frame = parsed(phy);
  const { fOpts, frmPayload, ...header } = outgoing;
  expect(frame).toMatchObject({ ...header, fCntLow: fCnt % 65_536 });
  expect(plain(openFOpts(frame, fCnt, keys, crypto))).toEqual(fOpts);
  expect(plain(openPayload(frame, fCnt, keys, crypto))).toEqual(frmPayload);
}

describe.each(frames)("1.0: %s", (_, outgoing) => {
  test.each(counters)("FCnt %i: what we seal, lora-packet verifies and decrypts", (fCnt) => {
    const phy = sealData(outgoing, keys10, { fCnt }, crypto);
    const packet = loraPacket.fromWire(buffer(phy));
    const upper = upperHalf(fCnt);
    expect(packet.getFCnt()).toBe(fCnt % 65_536);
    expect(packet.getFPort()).toBe(outgoing.fPort ?? null);
    expect(loraPacket.verifyMIC(packet, buffer(nwkSKey), undefined, upper)).toBe(true);
    expect(plain(packet.FOpts)).toEqual(outgoing.fOpts);
    if (outgoing.frmPayload.length > 0) {
      const clear = loraPacket.decrypt(packet, buffer(appSKey), buffer(nwkSKey), upper);
      expect(plain(clear)).toEqual(outgoing.frmPayload);
    }
  });

  test.each(counters)("FCnt %i: what lora-packet seals, we verify and decrypt", (fCnt) => {
    const upper = upperHalf(fCnt);
    const packet = loraPacket.fromFields(
      theirFields(outgoing, fCnt),
      buffer(appSKey),
      buffer(nwkSKey),
      undefined,
      upper,
    );
    loraPacket.recalculateMIC(packet, buffer(nwkSKey), undefined, upper);
    const phy = plain(packet.PHYPayload);
    expect(phy).toEqual(sealData(outgoing, keys10, { fCnt }, crypto));
    expect(isDataMicValid(phy, parsed(phy), keys10, { fCnt }, crypto)).toBe(true);
    expectFields(phy, outgoing, fCnt, keys10);
  });
});

/** lora-packet takes the two integrity keys in this order, and ConfFCnt ‖ TxDr ‖ TxCh with ConfFCnt big-endian. */
const theirUplinkMic = (confFCnt: number, txDr: number, txCh: number) =>
  Buffer.concat([bigEndian(confFCnt, 2), Buffer.of(txDr, txCh)]);

function theirMicArguments(outgoing: OutgoingData, fCnt: number, context: { confFCnt: number }) {
  if (outgoing.direction === "up") {
    const extra = theirUplinkMic(context.confFCnt, 5, 2);
    return [buffer(fNwkSIntKey), buffer(sNwkSIntKey), upperHalf(fCnt), extra] as const;
  }
  const confFCnt = Buffer.alloc(2);
  confFCnt.writeUInt16LE(outgoing.ack ? context.confFCnt : 0);
  return [buffer(fNwkSIntKey), buffer(sNwkSIntKey), upperHalf(fCnt), confFCnt] as const;
}

const acknowledging = frames
  .filter(([, { fPort }]) => fPort !== 0)
  .map(([name, outgoing]) => [`${name}, ACK`, { ...outgoing, ack: true }] as const);

describe.each([...frames, ...acknowledging])("1.1: %s", (_, outgoing) => {
  // lora-packet counts an uplink on port 0 as an ACK
  const confFCnt = outgoing.fPort === 0 ? 0 : 0xabcd;
  const context = (fCnt: number) => ({ fCnt, confFCnt, txDr: 5, txCh: 2 });

  test.each(counters)("FCnt %i: what we seal, lora-packet verifies and decrypts", (fCnt) => {
    const phy = sealData(outgoing, keys11, context(fCnt), crypto);
    const packet = loraPacket.fromWire(buffer(phy));
    expect(loraPacket.verifyMIC(packet, ...theirMicArguments(outgoing, fCnt, { confFCnt }))).toBe(
      true,
    );
    const upper = upperHalf(fCnt);
    if (outgoing.frmPayload.length > 0) {
      const clear = loraPacket.decrypt(packet, buffer(appSKey), buffer(nwkSEncKey), upper);
      expect(plain(clear)).toEqual(outgoing.frmPayload);
    }
    const fOpts = packet.decryptFOpts(buffer(nwkSEncKey), undefined, upper);
    expect(plain(fOpts)).toEqual(outgoing.fOpts);
  });

  test.each(counters)("FCnt %i: what lora-packet seals, we verify and decrypt", (fCnt) => {
    const upper = upperHalf(fCnt);
    const packet = loraPacket.fromFields(
      theirFields(outgoing, fCnt),
      buffer(appSKey),
      buffer(nwkSEncKey),
      undefined,
      upper,
    );
    packet.encryptFOpts(buffer(nwkSEncKey), undefined, upper);
    loraPacket.recalculateMIC(packet, ...theirMicArguments(outgoing, fCnt, { confFCnt }));
    const phy = plain(packet.PHYPayload);
    expect(phy).toEqual(sealData(outgoing, keys11, context(fCnt), crypto));
    expect(isDataMicValid(phy, parsed(phy), keys11, context(fCnt), crypto)).toBe(true);
    expectFields(phy, outgoing, fCnt, keys11);
  });
});

describe("the 1.1 MIC covers", () => {
  const context = { fCnt: 7, confFCnt: 3, txDr: 5, txCh: 2 };
  const verdict = (outgoing: OutgoingData, changed: Partial<typeof context>) => {
    const phy = sealData(outgoing, keys11, context, crypto);
    return isDataMicValid(phy, outgoing, keys11, { ...context, ...changed }, crypto);
  };

  test.each([
    ["the upper half of FCnt", { fCnt: 65_543 }],
    ["TxDr", { txDr: 4 }],
    ["TxCh", { txCh: 1 }],
    ["ConfFCnt of an acknowledgement", { confFCnt: 4 }],
  ])("%s", (_, changed) => {
    expect(verdict(frame({ ack: true }), {})).toBe(true);
    expect(verdict(frame({ ack: true }), changed)).toBe(false);
  });

  test("not ConfFCnt when nothing is acknowledged", () => {
    expect(verdict(frame(), { confFCnt: 4 })).toBe(true);
  });
});

describe("multicast downlinks of lorawan-app-layer §2.6", () => {
  const multicast: SessionKeys = {
    lorawan: "1.0",
    nwkSKey: hex("DA 54 CA 65 D1 78 B0 98 69 55 83 73 C6 DD 96 43"),
    appSKey: hex("AD 54 E0 8F A9 FD 78 0B 74 CF A5 CC 2A C0 B4 41"),
  };
  test.each([
    {
      fCnt: 0,
      plaintext: "08 01 00 00 01 02 03 04 05 06 07 08 09",
      phy: "60 FE FF FF 01 00 00 00 C9 AC 35 C8 64 BD FC C7 AC 98 D8 9E 9C 60 BD DE 9D 1A",
    },
    {
      fCnt: 65_537,
      plaintext: "08 0B 00 26 26 22 22 2E 2E 22 22 26 26",
      phy: "60 FE FF FF 01 00 01 00 C9 A0 24 0B F4 7D 95 D6 F2 4E 93 93 22 52 9B 48 E8 1F",
    },
  ])("FCnt $fCnt", ({ fCnt, plaintext, phy }) => {
    const outgoing = frame({ ...down, devAddr: 0x01fffffe, frmPayload: hex(plaintext) });
    expect(sealData(outgoing, multicast, { fCnt }, crypto)).toEqual(hex(phy));
    expect(isDataMicValid(hex(phy), parsed(hex(phy)), multicast, { fCnt }, crypto)).toBe(true);
    expectFields(hex(phy), outgoing, fCnt, multicast);
  });
});
