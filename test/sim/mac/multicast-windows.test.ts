import { describe, expect, test } from "vitest";
import type { MacEffect } from "#sim/mac/end-device.ts";
import type { SessionKeys } from "#sim/mac/session-keys.ts";
import { hex } from "../../hex.ts";
import { airtimeOfDownlinkUs } from "../eu868.ts";
import {
  hear,
  listening,
  mcAddr,
  mcAppSKey,
  mcNwkSKey,
  multicast,
  setMcGroup,
  tuning,
} from "./multicast-group.ts";
import { Network, S } from "./network.ts";

describe("windows", () => {
  /** What is done before a frame, and whether the frame is then heard. */
  test.each<[name: string, effects: MacEffect[], heard: boolean]>([
    ["nothing set up", [], false],
    ["group without window", [setMcGroup()], false],
    ["open", [setMcGroup(), { type: "startClassC", groupId: 0, ...tuning }], true],
    [
      "stopped",
      [
        setMcGroup(),
        { type: "startClassC", groupId: 0, ...tuning },
        { type: "stopClassC", groupId: 0 },
      ],
      false,
    ],
    [
      "started again",
      [
        setMcGroup(),
        { type: "startClassC", groupId: 0, ...tuning },
        { type: "startClassC", groupId: 0, ...tuning },
      ],
      true,
    ],
    [
      "group deleted",
      [
        setMcGroup(),
        { type: "startClassC", groupId: 0, ...tuning },
        { type: "deleteMcGroup", groupId: 0 },
      ],
      false,
    ],
    [
      "group set up again closes its window",
      [setMcGroup(), { type: "startClassC", groupId: 0, ...tuning }, setMcGroup()],
      false,
    ],
    [
      "open on another frequency",
      [setMcGroup(), { type: "startClassC", groupId: 0, frequencyHz: 868_100_000, dr: 3 }],
      false,
    ],
    [
      "open at another data rate",
      [setMcGroup(), { type: "startClassC", groupId: 0, frequencyHz: 869_525_000, dr: 0 }],
      false,
    ],
    [
      "another group's window on the same channel is not the group's",
      [
        setMcGroup(),
        setMcGroup({ groupId: 1, mcAddr: 7 }),
        { type: "startClassC", groupId: 1, ...tuning },
      ],
      false,
    ],
    [
      "deleting what is not there",
      [
        setMcGroup(),
        { type: "startClassC", groupId: 0, ...tuning },
        { type: "deleteMcGroup", groupId: 3 },
        { type: "stopClassC", groupId: 2 },
      ],
      true,
    ],
  ])("%s: %s", (_, effects, heard) => {
    const network = Network.joined();
    for (const effect of effects) network.mac.perform(effect);
    expect(hear(network, multicast(0))).toEqual(heard ? ["mc0 0"] : []);
  });

  test("four groups share one channel, each by its address", () => {
    const network = Network.joined();
    for (const groupId of [0, 1, 2, 3]) {
      network.mac.perform(setMcGroup({ groupId, mcAddr: mcAddr + groupId }));
      network.mac.perform({ type: "startClassC", groupId, ...tuning });
    }
    const heard = [2, 0, 3, 1].flatMap((groupId) =>
      hear(network, multicast(groupId, { devAddr: mcAddr + groupId })),
    );
    expect(heard).toEqual(["mc2 2", "mc0 0", "mc3 3", "mc1 1"]);
  });

  test("two groups of one address are told apart by their keys", () => {
    const network = listening(
      {},
      listening({ groupId: 1, mcNwkSKey: mcAppSKey, mcAppSKey: mcNwkSKey }),
    );
    const swapped: SessionKeys = { lorawan: "1.0", nwkSKey: mcAppSKey, appSKey: mcNwkSKey };
    expect(hear(network, multicast(0, {}, swapped))).toEqual(["mc1 0"]);
    expect(hear(network, multicast(0))).toEqual(["mc0 0"]);
  });

  test("the window opened last has the radio; the one before has it again afterwards", () => {
    const network = listening();
    const other = { frequencyHz: 868_300_000, dr: 5 };
    network.mac.perform(setMcGroup({ groupId: 1, mcAddr: 9 }));
    network.mac.perform({ type: "startClassC", groupId: 1, ...other });
    expect(hear(network, multicast(0))).toEqual([]);
    expect(hear(network, multicast(0, { devAddr: 9 }), other)).toEqual(["mc1 0"]);
    network.mac.perform({ type: "stopClassC", groupId: 1 });
    expect(hear(network, multicast(1))).toEqual(["mc0 1"]);
  });

  test.each([
    ["frequency", { frequencyHz: 868_300_000, dr: 3 }],
    ["data rate", { frequencyHz: 869_525_000, dr: 5 }],
  ])("a frame on the %s of another group's window is not taken", (_, other) => {
    const network = listening();
    network.mac.perform(setMcGroup({ groupId: 1, mcAddr: 9 }));
    network.mac.perform({ type: "startClassC", groupId: 1, ...other });
    expect(hear(network, multicast(0), other)).toEqual([]);
    expect(hear(network, multicast(0, { devAddr: 9 }), other)).toEqual(["mc1 0"]);
  });

  test("a frame that began before the window, or outlasts it, is not heard", () => {
    const network = Network.joined();
    network.mac.perform(setMcGroup());
    const start = (): void => network.mac.perform({ type: "startClassC", groupId: 0, ...tuning });
    network.emitAt(network.engine.now + 1000, { phyPayload: multicast(0), ...tuning });
    network.run(0.05);
    start();
    network.run(4);
    network.emitAt(network.engine.now, { phyPayload: multicast(1), ...tuning });
    network.run(0.05);
    network.mac.perform({ type: "stopClassC", groupId: 0 });
    network.run(4);
    start();
    network.emitAt(network.engine.now, { phyPayload: multicast(2), ...tuning });
    network.run(4);
    expect(network.events.map(({ source }) => source)).toEqual(["mc0 2"]);
  });

  test("a reset forgets groups and windows", () => {
    const network = listening({ groupId: 1, mcAddr: 9 }, listening());
    network.mac.reset();
    expect(hear(network, multicast(0))).toEqual([]);
    network.mac.perform(setMcGroup({ groupId: 2, nextMcFCnt: 4, mcAddr: 11 }));
    network.mac.perform({ type: "startClassC", groupId: 2, ...tuning });
    expect(hear(network, multicast(4, { devAddr: 11 }))).toEqual(["mc2 4"]);
    expect(hear(network, multicast(4))).toEqual([]);
    expect(hear(network, multicast(4, { devAddr: 9 }))).toEqual([]);
  });

  test.each([-1, 4, 0.5])("group %f does not exist: a bug of the device", (groupId) => {
    const { mac } = new Network();
    expect(() => mac.perform(setMcGroup({ groupId }))).toThrow(RangeError);
    expect(() => mac.perform({ type: "startClassC", groupId, ...tuning })).toThrow(RangeError);
  });
});

describe("an uplink of the device's own, while it listens", () => {
  /** A frame of 165 ms at DR3 begins `offsetUs` after the end of a 51 ms uplink. */
  const atOffset = (offsetUs: number, answeredInRx1 = false, on = tuning) => {
    const network = listening();
    network.mac.perform({ type: "startClassC", groupId: 0, ...on });
    network.onUplink = (uplink) => {
      if (answeredInRx1) network.answer(uplink, network.downlink());
    };
    network.toSend.push({ fPort: 1, payload: hex("00 01 02"), confirmed: false });
    network.mac.perform({ type: "requestUplink" });
    network.engine.run(Number.MAX_SAFE_INTEGER, () => network.air.length > 0);
    network.emitAt(network.lastUplink().endUs + offsetUs, { phyPayload: multicast(0), ...on });
    network.run(20);
    return network.count("downlink") === 1;
  };
  const airtimeUs = airtimeOfDownlinkUs(3, multicast(0).length);

  test.each([
    ["overlaps its beginning", -40_000 - airtimeUs, false],
    ["overlaps all of it", -100_000, false],
    ["overlaps its end", -1, false],
    ["begins when it ends", 0, true],
    ["ends before RX1 opens", 1_000_000 - 8192 - airtimeUs, true],
    ["runs into RX1", 1_000_000 - 8191 - airtimeUs, false],
    ["begins in RX1", 1_000_000, false],
    ["begins after RX1", 1_000_000 + 16_384, true],
    ["runs into RX2", 1_900_000, false],
    ["begins in RX2", 2_000_000, false],
    ["begins after RX2", 2_000_000 + 7 * 32_768, true],
  ])("a frame that %s is heard: %s %s", (_, offsetUs, heard) => {
    expect(atOffset(offsetUs)).toBe(heard);
  });

  test("RX2 does not open after an answer in RX1", () => {
    expect(atOffset(2_000_000, true)).toBe(true);
    expect(atOffset(1_000_000, true)).toBe(false);
  });

  test("RX2 on the session's own channel takes nothing away", () => {
    const likeRx2 = { frequencyHz: 869_525_000, dr: 0 };
    expect(atOffset(1_900_000, false, likeRx2)).toBe(true);
    expect(atOffset(2_000_000, false, likeRx2)).toBe(true);
  });

  test("a frame for the group in RX1 of a device that does not listen is not taken", () => {
    const network = Network.joined();
    network.mac.perform(setMcGroup());
    network.onUplink = (uplink) => network.answer(uplink, multicast(0));
    network.exchange(hex("00"));
    expect(network.count("downlink")).toBe(0);
  });
});

test("listening costs reception time, less what is spent transmitting", () => {
  const network = listening();
  const start = network.mac.radioTime(network.engine.now);
  network.run(100);
  const open = network.mac.radioTime(network.engine.now);
  expect(open.rxUs - start.rxUs).toBe(100 * S);
  const from = network.engine.now;
  network.exchange(hex("00"));
  network.mac.perform({ type: "stopClassC", groupId: 0 });
  const closed = network.mac.radioTime(network.engine.now);
  const { startUs, endUs } = network.lastUplink();
  expect(closed.rxUs - open.rxUs).toBe(network.engine.now - from - (endUs - startUs));
  network.run(100);
  expect(network.mac.radioTime(network.engine.now)).toEqual(closed);
});
