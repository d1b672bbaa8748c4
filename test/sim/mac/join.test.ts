import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { parsePhyPayload } from "#sim/mac/frame.ts";
import {
  isJoinRequestMicValid,
  type JoinAccept,
  type JoinBinding,
  openJoinAccept,
  sealJoinAccept,
  sealJoinRequest,
} from "#sim/mac/join.ts";
import { deriveSessionKeys, joinServerIntKey } from "#sim/mac/session-keys.ts";
import { hex } from "../../hex.ts";
import { bigEndian, buffer, loraPacket, plain } from "./lora-packet.ts";

const crypto = new NodeCrypto();
const joinEui = hex("70 b3 d5 7e d0 00 11 22");
const devEui = hex("00 04 a3 0b 00 1b 2c 3d");
const appKey = hex("00112233445566778899aabbccddeeff".replace(/../g, "$& "));
const nwkKey = hex("b6b53f4a168a7a88bdf7ea135ce9cfca".replace(/../g, "$& "));
const devNonce = 0xcc85;
const binding: JoinBinding = { rootKey: nwkKey, joinEui, devEui, devNonce };
const cfList = hex("18 4f 84 e8 56 84 b8 5e 84 88 66 84 58 6e 84 00");

const accept = (rest: Partial<JoinAccept> = {}): JoinAccept => ({
  joinNonce: 0xe5063a,
  netId: 0x000013,
  devAddr: 0x26012e43,
  optNeg: false,
  rx1DrOffset: 2,
  rx2Dr: 3,
  rxDelayS: 1,
  cfList: undefined,
  ...rest,
});
const accepts = [
  accept(),
  accept({ cfList }),
  accept({ optNeg: true }),
  accept({ optNeg: true, cfList }),
];

describe("join request", () => {
  const ours = sealJoinRequest({ joinEui, devEui, devNonce }, appKey, crypto);

  test("ours is read and verified by lora-packet", () => {
    const packet = loraPacket.fromWire(buffer(ours));
    expect(packet.isJoinRequestMessage()).toBe(true);
    expect(plain(packet.JoinEUI)).toEqual(joinEui);
    expect(plain(packet.DevEUI)).toEqual(devEui);
    expect(packet.DevNonce?.readUInt16BE()).toBe(devNonce);
    expect(loraPacket.verifyMIC(packet, undefined, buffer(appKey))).toBe(true);
  });

  test("lora-packet's is read and verified by us, and is the same", () => {
    const packet = loraPacket.fromFields(
      {
        MType: "Join Request",
        AppEUI: buffer(joinEui),
        DevEUI: buffer(devEui),
        DevNonce: bigEndian(devNonce, 2),
      },
      undefined,
      undefined,
      buffer(appKey),
    );
    const theirs = plain(packet.PHYPayload);
    expect(theirs).toEqual(ours);
    expect(isJoinRequestMicValid(theirs, appKey, crypto)).toBe(true);
    expect(isJoinRequestMicValid(theirs, nwkKey, crypto)).toBe(false);
    expect(parsePhyPayload(theirs)).toEqual({ type: "joinRequest", joinEui, devEui, devNonce });
  });

  test("parsing leaves a Buffer as it was", () => {
    const bytes = buffer(ours);
    parsePhyPayload(bytes);
    expect(plain(bytes)).toEqual(ours);
  });
});

describe.each(accepts)("join accept, optNeg $optNeg, CFList $cfList", (fields) => {
  const ours = sealJoinAccept(fields, binding, crypto);
  const micKey = joinServerIntKey(nwkKey, devEui, crypto);

  test("ours is decrypted and verified by lora-packet", () => {
    const clear = loraPacket.decryptJoinAccept(loraPacket.fromWire(buffer(ours)), buffer(nwkKey));
    const packet = loraPacket.fromWire(clear);
    packet.JoinEUI = buffer(joinEui);
    packet.DevNonce = bigEndian(devNonce, 2);
    expect(packet.JoinNonce.readUIntBE(0, 3)).toBe(fields.joinNonce);
    expect(packet.NetID?.readUIntBE(0, 3)).toBe(fields.netId);
    expect(packet.DevAddr?.readUInt32BE()).toBe(fields.devAddr);
    expect(packet.getDLSettingsOptNeg()).toBe(fields.optNeg);
    expect(packet.getDLSettingsRxOneDRoffset()).toBe(fields.rx1DrOffset);
    expect(packet.getDLSettingsRxTwoDataRate()).toBe(fields.rx2Dr);
    expect(plain(packet.CFList)).toEqual(fields.cfList ?? new Uint8Array(0));
    const keys = fields.optNeg ? [micKey, nwkKey] : [nwkKey, nwkKey];
    const [first = nwkKey, second = nwkKey] = keys;
    expect(loraPacket.verifyMIC(packet, buffer(first), buffer(second))).toBe(true);
  });

  test("lora-packet's is opened by us, and is the same", () => {
    const packet = loraPacket.fromFields(
      {
        MType: "Join Accept",
        AppNonce: bigEndian(fields.joinNonce, 3),
        NetID: bigEndian(fields.netId, 3),
        DevAddr: bigEndian(fields.devAddr, 4),
        DLSettings: (fields.optNeg ? 0x80 : 0) | (fields.rx1DrOffset << 4) | fields.rx2Dr,
        RxDelay: fields.rxDelayS,
        CFList: buffer(fields.cfList ?? new Uint8Array(0)),
        AppEUI: buffer(joinEui),
        DevNonce: bigEndian(devNonce, 2),
      },
      undefined,
      buffer(micKey),
      buffer(nwkKey),
    );
    const theirs = plain(packet.PHYPayload);
    expect(theirs).toEqual(ours);
    expect(openJoinAccept(theirs, binding, crypto)).toEqual(fields);
  });

  test("damage, truncation and another device's key are refused", () => {
    for (let bit = 8; bit < 8 * ours.length; bit++) {
      const damaged = ours.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(openJoinAccept(damaged, binding, crypto)).toBeUndefined();
    }
    for (let length = 0; length < ours.length; length++) {
      expect(openJoinAccept(ours.subarray(0, length), binding, crypto)).toBeUndefined();
    }
    expect(openJoinAccept(ours, { ...binding, rootKey: appKey }, crypto)).toBeUndefined();
  });
});

test("a 1.1 accept is bound to its request", () => {
  const phy = sealJoinAccept(accept({ optNeg: true }), binding, crypto);
  const other = { ...binding, devNonce: devNonce + 1 };
  expect(openJoinAccept(phy, other, crypto)).toBeUndefined();
});

describe("session keys agree with lora-packet", () => {
  const transcript = { joinEui, devNonce, joinNonce: 0xe5063a, netId: 0x000013 };
  const nonces = [bigEndian(0xe5063a, 3), bigEndian(devNonce, 2)] as const;

  test("1.0", () => {
    const keys = deriveSessionKeys(
      { appKey, nwkKey: appKey },
      { ...transcript, optNeg: false },
      crypto,
    );
    const theirs = loraPacket.generateSessionKeys10(buffer(appKey), bigEndian(0x13, 3), ...nonces);
    expect(keys).toEqual({
      lorawan: "1.0",
      nwkSKey: plain(theirs.NwkSKey),
      appSKey: plain(theirs.AppSKey),
    });
  });

  test("1.1", () => {
    const keys = deriveSessionKeys({ appKey, nwkKey }, { ...transcript, optNeg: true }, crypto);
    const theirs = loraPacket.generateSessionKeys11(
      buffer(appKey),
      buffer(nwkKey),
      buffer(joinEui),
      ...nonces,
    );
    expect(keys).toEqual({
      lorawan: "1.1",
      fNwkSIntKey: plain(theirs.FNwkSIntKey),
      sNwkSIntKey: plain(theirs.SNwkSIntKey),
      nwkSEncKey: plain(theirs.NwkSEncKey),
      appSKey: plain(theirs.AppSKey),
    });
  });

  test("a 1.1 device at a 1.0 server takes 1.0 keys from NwkKey", () => {
    const fallback = deriveSessionKeys(
      { appKey, nwkKey },
      { ...transcript, optNeg: false },
      crypto,
    );
    const old = deriveSessionKeys(
      { appKey: nwkKey, nwkKey },
      { ...transcript, optNeg: false },
      crypto,
    );
    expect(fallback).toEqual(old);
  });

  test("JSIntKey", () => {
    const { JSIntKey } = loraPacket.generateJSKeys(buffer(nwkKey), buffer(devEui));
    expect(plain(joinServerIntKey(nwkKey, devEui, crypto))).toEqual(plain(JSIntKey));
  });
});
