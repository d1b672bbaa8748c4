import { describe, expect, test } from "vitest";
import { encodeBeacon } from "#sim/mac/beacon-frame.ts";
import { BEACON_LESS_MAX_US, BEACON_PERIOD_US, nextPingSlotUs } from "#sim/mac/beacon-timing.ts";
import type { MacDownlink } from "#sim/mac/mac-commands.wire.ts";
import { hex } from "../../hex.ts";
import { crypto, Network, S } from "./network.ts";

/* A device in class B for itself (TS001 1.0.4 §10 to §12). The world begins with a beacon. */

const PING = { dr: 3, frequencyHz: 869_525_000 };
const application = { fPort: 7, frmPayload: hex("0a") };
const PING_SLOT_INFO_ANS: MacDownlink = { name: "PingSlotInfoAns" };

const names = (network: Network) =>
  network.air.map((uplink) => network.open(uplink).commands.map(({ name }) => name));
const isClassB = (network: Network) => network.open(network.lastUplink()).frame.fPending;

/** Sends one uplink that is answered with commands in its first window. */
function ask(network: Network, commands: readonly MacDownlink[]): void {
  network.onUplink = (uplink) => network.answer(uplink, network.downlink({ commands }));
  network.exchange(hex("00"));
  network.onUplink = () => {};
}

/** The next beacon is due and over, heard or not. */
function beacon(network: Network, isHeard = true): boolean {
  const turn = Math.ceil(network.engine.now / BEACON_PERIOD_US);
  const startUs = turn * BEACON_PERIOD_US;
  network.run((startUs - network.engine.now) / S + 0.2);
  return network.mac.onBeacon(isHeard ? encodeBeacon(17, turn * 128) : undefined, startUs);
}

/** In the next slot of the device, and time for what it causes. */
function ping(network: Network, phyPayload: Uint8Array, tuning = PING): void {
  const group = { address: network.devAddr, periodicity: 0 };
  network.emitAt(nextPingSlotUs(network.engine.now + 3 * S, group, crypto), {
    phyPayload,
    ...tuning,
  });
  network.run(20);
}

function enabled(lorawan: "1.0.3" | "1.0.4" | "1.1" = "1.0.4"): Network {
  const network = Network.joined({ lorawan, unicastClass: "B" });
  ask(network, [PING_SLOT_INFO_ANS]);
  beacon(network);
  network.events.splice(0);
  return network;
}

test("it says its periodicity in each uplink until the server knows it; one of class A does not", () => {
  const network = Network.joined({ unicastClass: "B", lorawan: "1.0.4" });
  network.exchange(hex("00"));
  ask(network, [PING_SLOT_INFO_ANS]);
  network.exchange(hex("00"));
  expect(names(network)).toEqual([["PingSlotInfoReq"], ["PingSlotInfoReq"], []]);
  const classA = Network.joined({ lorawan: "1.0.4" });
  classA.exchange(hex("00"));
  expect(names(classA)).toEqual([[]]);
});

describe.each(["1.0.3", "1.0.4", "1.1"] as const)("a %s device", (lorawan) => {
  test("sets the ClassB bit once it has heard a beacon, and hears its slots", () => {
    const network = Network.joined({ lorawan, unicastClass: "B" });
    ask(network, [PING_SLOT_INFO_ANS]);
    network.exchange(hex("00"));
    expect(isClassB(network)).toBe(false);
    ping(network, network.downlink(application));
    expect(network.count("downlink")).toBe(0);
    beacon(network);
    network.exchange(hex("00"));
    expect(isClassB(network)).toBe(true);
    ping(network, network.downlink(application));
    expect(network.count("downlink")).toBe(1);
  });
});

test("no slot before the server knows of them, whatever the beacon", () => {
  const network = Network.joined({ unicastClass: "B" });
  beacon(network);
  ping(network, network.downlink(application));
  expect(network.count("downlink")).toBe(0);
});

test("what comes between its slots is not heard", () => {
  const network = enabled();
  const group = { address: network.devAddr, periodicity: 0 };
  const slotUs = nextPingSlotUs(network.engine.now + 3 * S, group, crypto);
  network.emitAt(slotUs + 90_000, { phyPayload: network.downlink(application), ...PING });
  network.run(20);
  expect(network.count("downlink")).toBe(0);
});

test("a confirmed downlink is acknowledged at once; it is no answer to an uplink", () => {
  const network = enabled();
  const sent = network.air.length;
  const before = network.nvm.session?.adrAckCnt ?? 0;
  ping(network, network.downlink({ ...application, confirmed: true }));
  expect(network.air).toHaveLength(sent + 1);
  expect(network.open(network.lastUplink()).frame).toMatchObject({ ack: true, fPending: true });
  expect(network.nvm.session?.adrAckCnt).toBe(before + 1);
});

describe("PingSlotChannelReq", () => {
  const moved = { dr: 5, frequencyHz: 868_900_000 };
  const request: MacDownlink = {
    name: "PingSlotChannelReq",
    frequencyHz: moved.frequencyHz,
    rate: { dataRate: moved.dr },
  };

  test("moves the slots, and is answered until a class A downlink comes (§12.3)", () => {
    const network = enabled();
    network.air.splice(0);
    ask(network, [request]);
    network.exchange(hex("00"));
    ask(network, []);
    network.exchange(hex("00"));
    expect(names(network)).toEqual([[], ["PingSlotChannelAns"], ["PingSlotChannelAns"], []]);
    network.events.splice(0);
    ping(network, network.downlink(application));
    expect(network.count("downlink")).toBe(0);
    ping(network, network.downlink(application), moved);
    expect(network.count("downlink")).toBe(1);
  });

  test("in a ping slot is not executed", () => {
    const network = enabled();
    ping(network, network.downlink({ commands: [request] }));
    expect(network.count("contact")).toBe(1);
    expect(network.nvm.session?.pingSlots).toMatchObject({ frequencyHz: 0, dr: 3 });
  });
});

test("after BeaconFreqReq to where no gateway sends one, no beacon is heard", () => {
  const network = enabled();
  ask(network, [{ name: "BeaconFreqReq", frequencyHz: 868_900_000 }]);
  for (let turn = 1; turn < BEACON_LESS_MAX_US / BEACON_PERIOD_US; turn++) {
    expect(beacon(network)).toBe(false);
  }
  expect(beacon(network)).toBe(true);
  ask(network, [{ name: "BeaconFreqReq", frequencyHz: 0 }]);
  expect(isClassB(network)).toBe(false);
  beacon(network);
  network.exchange(hex("00"));
  expect(isClassB(network)).toBe(true);
});

test("two hours without a beacon take it back to class A, and its uplinks say so", () => {
  const network = enabled();
  for (let turn = 0; turn < BEACON_LESS_MAX_US / BEACON_PERIOD_US; turn++) beacon(network, false);
  network.exchange(hex("00"));
  expect(isClassB(network)).toBe(false);
  network.events.splice(0);
  ping(network, network.downlink(application));
  expect(network.count("downlink")).toBe(0);
});

test("after a reset it looks for a beacon again; what the server knows it knows", () => {
  const network = enabled();
  network.mac.reset();
  expect(network.mac.isClassB).toBe(false);
  network.mac.perform({ type: "join" });
  network.run(1);
  network.air.splice(0);
  network.exchange(hex("00"));
  expect([names(network), isClassB(network)]).toEqual([[[]], false]);
  beacon(network);
  network.exchange(hex("00"));
  expect(isClassB(network)).toBe(true);
});
