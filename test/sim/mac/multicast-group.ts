import { type OutgoingData, sealData } from "#sim/mac/data-security.ts";
import type { MacEffect } from "#sim/mac/end-device.ts";
import type { SessionKeys } from "#sim/mac/session-keys.ts";
import { hex } from "../../hex.ts";
import { crypto, Network } from "./network.ts";

export const mcAddr = 0x01fffffe;
export const mcNwkSKey = hex("DA 54 CA 65 D1 78 B0 98 69 55 83 73 C6 DD 96 43");
export const mcAppSKey = hex("AD 54 E0 8F A9 FD 78 0B 74 CF A5 CC 2A C0 B4 41");
export const keys: SessionKeys = { lorawan: "1.0", nwkSKey: mcNwkSKey, appSKey: mcAppSKey };
export const tuning = { frequencyHz: 869_525_000, dr: 3 };

export type SetMcGroup = Extract<MacEffect, { type: "setMcGroup" }>;
export const setMcGroup = (rest: Partial<SetMcGroup> = {}): SetMcGroup => ({
  type: "setMcGroup",
  groupId: 0,
  mcAddr,
  mcNwkSKey,
  mcAppSKey,
  minMcFCnt: 0,
  maxMcFCnt: 0xffff_ffff,
  nextMcFCnt: 0,
  ...rest,
});

export const fragment = hex("08 01 00 00 01 02 03 04 05 06 07 08 09");
export function multicast(
  fCnt: number,
  rest: Partial<OutgoingData> = {},
  with_ = keys,
): Uint8Array {
  const frame: OutgoingData = {
    direction: "down",
    confirmed: false,
    devAddr: mcAddr,
    adr: false,
    adrAckReq: false,
    ack: false,
    fPending: false,
    fPort: 201,
    fOpts: new Uint8Array(0),
    frmPayload: fragment,
    ...rest,
  };
  return sealData(frame, with_, { fCnt }, crypto);
}

/** A device that listens for its group. */
export function listening(group: Partial<SetMcGroup> = {}, network = Network.joined()): Network {
  network.mac.perform(setMcGroup(group));
  network.mac.perform({ type: "startClassC", groupId: group.groupId ?? 0, ...tuning });
  return network;
}

export function hear(
  network: Network,
  phyPayload: Uint8Array,
  on = tuning,
): readonly (string | undefined)[] {
  const before = network.events.length;
  network.emitAt(network.engine.now + 1000, { phyPayload, ...on });
  network.run(4);
  return network.events.slice(before).map(({ source }) => source);
}
