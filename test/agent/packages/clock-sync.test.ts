import { describe, expect, test } from "vitest";
import { hex } from "../../hex.ts";
import { APP_TIME_REQ, ClockSyncNode, DAY_AND_A_HALF_S } from "./clock-sync-node.ts";
import { multicast, NOW_GPS } from "./test-io.ts";

describe("what each event makes a device do", () => {
  test.each([
    { synced: false, event: "boot", says: [], timerIn: undefined },
    { synced: false, event: "joined", says: APP_TIME_REQ, timerIn: 30 },
    { synced: false, event: "timer", says: APP_TIME_REQ, timerIn: 30 },
    { synced: false, event: "syncRequired", says: APP_TIME_REQ, timerIn: 30 },
    { synced: true, event: "boot", says: [], timerIn: DAY_AND_A_HALF_S - 30 },
    { synced: true, event: "joined", says: [], timerIn: undefined },
    { synced: true, event: "timer", says: APP_TIME_REQ, timerIn: DAY_AND_A_HALF_S - 30 },
    { synced: true, event: "syncRequired", says: [], timerIn: undefined },
  ] as const)("synced $synced, $event", ({ synced, event, says, timerIn }) => {
    const node = new ClockSyncNode({ synced });
    expect(node.step(event)).toBe(false);
    expect(node.io.sayings).toEqual(says);
    expect(node.timerIn).toBe(timerIn);
  });
});

describe("AppTimeReq", () => {
  test("carries the clock of the moment it leaves, not of the moment it was queued", () => {
    const node = new ClockSyncNode({ synced: false, gps: 1024 });
    node.step("joined");
    expect(node.send()).toEqual(hex("01 00 04 00 00 10"));
    expect(node.send(300)).toEqual(hex("01 2c 05 00 00 10"));
  });

  test("wants an answer as long as nobody has confirmed the clock, then only news", () => {
    const node = new ClockSyncNode({ synced: false, gps: 0 });
    expect(node.send()[5]).toBe(0x10);
    node.correct(0, 0);
    expect(node.send()[5]).toBe(0x01);
  });
});

describe("the token", () => {
  test("starts anywhere: what the server still holds for the life before is not for this one", () => {
    const before = new ClockSyncNode({ synced: false });
    before.step("boot");
    expect(before.send()[5]).toBe(0x10);
    const after = new ClockSyncNode({ synced: false });
    after.io.luck = 0.5;
    after.step("boot");
    expect(after.send()[5]).toBe(0x18);
    expect(after.correct(9770, 0)).toBe(false);
    expect(after.correct(10_120, 8)).toBe(true);
  });

  test("stays while requests are not answered", () => {
    const node = new ClockSyncNode({ synced: false });
    for (let count = 0; count < 3; count++) expect(node.send()[5]).toBe(0x10);
  });

  test("moves on by one with each answer that was used, modulo 16", () => {
    const node = new ClockSyncNode({ synced: false });
    for (let count = 0; count < 17; count++) {
      expect((node.send()[5] ?? 0) & 15).toBe(count % 16);
      expect(node.correct(0, count % 16)).toBe(true);
    }
  });

  test("an answer with another token changes nothing", () => {
    const node = new ClockSyncNode({ synced: false });
    node.send();
    node.io.takeEffects();
    for (const token of [1, 2, 15]) expect(node.correct(100, token)).toBe(false);
    expect(node.io.clock.gps(node.io.at)).toBe(NOW_GPS);
    expect(node.io.clock.synced).toBe(false);
    expect(node.io.isIdle).toBe(true);
    expect(node.send()[5]).toBe(0x10);
  });

  test("a second copy of an answer changes nothing, not even after 16 answers", () => {
    const node = new ClockSyncNode({ synced: false, gps: 1000 });
    node.send();
    expect(node.correct(10, 0)).toBe(true);
    expect(node.correct(10, 0)).toBe(false);
    expect(node.correct(10, 1)).toBe(false);
    expect(node.io.clock.gps(node.io.at)).toBe(1010);
  });

  test("an answer that was never asked for changes nothing", () => {
    const node = new ClockSyncNode({ synced: false });
    expect(node.correct(10, 0)).toBe(false);
    expect(node.io.isIdle).toBe(true);
  });

  test("of two requests under one token, the first answer counts", () => {
    const node = new ClockSyncNode({ synced: false, gps: 1000 });
    node.send();
    node.send(30);
    expect(node.correct(10, 0)).toBe(true);
    expect(node.correct(10, 0)).toBe(false);
    expect(node.io.clock.gps(node.io.at)).toBe(1040);
  });
});

describe("AppTimeAns", () => {
  test("sets the clock and is noted", () => {
    const node = new ClockSyncNode({ synced: false, gps: 1000 });
    node.send();
    expect(node.correct(-1, 0)).toBe(true);
    expect(node.io.clock.synced).toBe(true);
    const note = { type: "clockSynced", gps: 999, correctionS: -1 };
    expect(node.io.effects).toContainEqual({ type: "note", note });
    expect(node.timerIn).toBe(DAY_AND_A_HALF_S - 30);
  });

  test.each([1, 2] as const)(
    "version %i: a saturated correction is followed by another",
    (version) => {
      const node = new ClockSyncNode({ synced: false, gps: 0, version });
      node.send();
      expect(node.correct(0x7fffffff, 0)).toBe(true);
      expect(node.io.clock.gps(node.io.at)).toBe(0x7fffffff);
      expect(node.io.clock.synced).toBe(false);
      expect(node.io.takeSayings()).toEqual(APP_TIME_REQ);
      expect(node.send()).toEqual(hex("01 ff ff ff 7f 11"));
      node.correct(0x03a53881, 1);
      expect(node.io.clock.gps(node.io.at)).toBe(0x83a53880);
      expect(node.io.clock.synced).toBe(true);
      expect(node.io.sayings).toEqual([]);
    },
  );

  test("saturation downwards too", () => {
    const node = new ClockSyncNode({ synced: true, gps: 2 ** 32 - 1 });
    node.send();
    node.correct(-(2 ** 31), 0);
    expect(node.io.clock.gps(node.io.at)).toBe(0x7fffffff);
    expect(node.io.clock.synced).toBe(false);
    expect(node.io.sayings).toEqual(APP_TIME_REQ);
  });
});

describe("downlinks", () => {
  test.each([
    { version: 1, bytes: "00 01 01" },
    { version: 2, bytes: "00 01 02" },
  ] as const)("package version $version", ({ version, bytes }) => {
    const node = new ClockSyncNode({ version });
    node.receive("00");
    expect(node.io.sayings).toEqual([{ type: "answer", fPort: 202, payload: hex(bytes) }]);
  });

  test("several commands in one frame are obeyed in order, one answer each", () => {
    const node = new ClockSyncNode({ synced: true });
    expect(node.receive("02 05 00 03 01")).toBe(false);
    expect(node.io.sayings.map(({ type }) => type)).toEqual([
      "periodicityAns",
      "answer",
      "appTimeReq",
    ]);
  });

  test.each(["04 00", "01 00 00", "ff"])("what cannot be read (%s) ends the frame", (bytes) => {
    const node = new ClockSyncNode({ synced: true });
    node.receive(`00 ${bytes} 00`);
    expect(node.io.sayings).toHaveLength(1);
    expect(node.io.effects).toEqual([]);
  });

  test("nothing on a multicast address is for this package", () => {
    const node = new ClockSyncNode({ synced: false });
    node.send();
    node.io.takeEffects();
    expect(node.receive("00 02 03 03 05 01 0a 00 00 00 00", multicast)).toBe(false);
    expect(node.io.isIdle).toBe(true);
    expect(node.io.clock.gps(node.io.at)).toBe(NOW_GPS);
  });
});
