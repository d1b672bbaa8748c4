import { describe, expect, test } from "vitest";
import { buildPeriodicityAns } from "#agent/packages/clock-sync.ts";
import { hex } from "../../hex.ts";
import { APP_TIME_REQ, ClockSyncNode, DAY_AND_A_HALF_S } from "./clock-sync-node.ts";

describe("a server that does not answer", () => {
  test("is asked ever more rarely, down to once an hour", () => {
    const node = new ClockSyncNode({ synced: false });
    node.step("boot");
    node.step("joined");
    const delays = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600];
    for (const delay of delays) {
      node.send();
      expect(node.timerIn).toBe(delay);
      node.step("timer");
    }
  });

  test("by a device whose session waits after a reset, four times in a hurry", () => {
    const node = new ClockSyncNode({ synced: false });
    node.step("boot", true);
    node.step("joined");
    for (const delay of [30, 30, 30, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]) {
      node.send();
      expect(node.timerIn).toBe(delay);
      node.step("timer");
    }
  });

  test("by each device at another moment", () => {
    const node = new ClockSyncNode({ synced: false });
    node.io.luck = 1;
    node.send();
    expect(node.timerIn).toBeCloseTo(45, 5);
  });

  test("a request that never left is repeated", () => {
    const node = new ClockSyncNode({ synced: false });
    node.step("joined");
    expect(node.timerIn).toBe(30);
  });

  test("after an answer the back-off starts again", () => {
    const node = new ClockSyncNode({ synced: false });
    for (let count = 0; count < 5; count++) node.send();
    node.correct(0x7fffffff, 0);
    node.send();
    expect(node.timerIn).toBe(30);
  });
});

describe("DeviceAppTimePeriodicityReq", () => {
  test.each([
    { period: 0, seconds: 128 },
    { period: 7, seconds: 16_384 },
    { period: 15, seconds: 4_194_304 },
  ])("period $period is $seconds s, give or take 30", ({ period, seconds }) => {
    const node = new ClockSyncNode({ synced: true });
    node.send();
    node.receive(`02 0${period.toString(16)}`);
    expect(node.io.sayings).toEqual([{ type: "periodicityAns" }]);
    expect(node.io.persisted).toEqual([{ type: "clockPeriod" }]);
    expect(node.state.period).toBe(period);
    expect(node.timerIn).toBe(seconds - 30);
    node.io.luck = 1;
    node.send();
    expect(node.timerIn).toBe(seconds + 30);
    node.io.luck = 0.5;
    node.send();
    expect(node.timerIn).toBe(seconds);
  });

  test("is always supported, and answered with the clock of the moment", () => {
    const node = new ClockSyncNode({ gps: 1024 });
    expect(buildPeriodicityAns(node.io)).toEqual(hex("02 00 00 04 00 00"));
  });

  test.each([
    { what: "looks for the time", synced: false, forced: "" },
    { what: "is told to resynchronise", synced: true, forced: "03 03" },
  ])("does not put off the next request of a device that $what", ({ synced, forced }) => {
    const node = new ClockSyncNode({ synced });
    node.receive(forced);
    node.send();
    node.io.takeEffects();
    node.receive("02 0f");
    expect(node.io.takeEffects()).toEqual([]);
  });

  test("holds in the next life, when the journal kept it", () => {
    const node = new ClockSyncNode({ synced: true }, 3);
    node.step("boot");
    expect(node.timerIn).toBe(1024 - 30);
  });
});

describe("ForceDeviceResyncReq", () => {
  test("0 transmissions change nothing", () => {
    const node = new ClockSyncNode({ synced: true });
    node.receive("03 00");
    expect(node.io.isIdle).toBe(true);
  });

  test("so many requests as asked, at least 10 s apart, each wanting an answer", () => {
    const node = new ClockSyncNode({ synced: true });
    node.receive("03 03");
    const delays: (number | undefined)[] = [];
    for (let count = 0; count < 3; count++) {
      expect(node.io.takeSayings()).toEqual(APP_TIME_REQ);
      expect(node.send()[5]).toBe(0x10);
      delays.push(node.timerIn);
      node.step("timer");
    }
    expect(delays).toEqual([10, 10, DAY_AND_A_HALF_S - 30]);
  });

  test("spaced by up to 15 s", () => {
    const node = new ClockSyncNode({ synced: true });
    node.io.luck = 1;
    node.receive("03 02");
    node.send();
    expect(node.timerIn).toBeCloseTo(15, 5);
  });

  test("ends with the first answer", () => {
    const node = new ClockSyncNode({ synced: true });
    node.receive("03 07");
    node.send();
    node.correct(1, 0);
    expect(node.timerIn).toBe(DAY_AND_A_HALF_S - 30);
    node.step("timer");
    expect(node.send()[5]).toBe(0x01);
  });

  test("an answer that was not meant does not end it", () => {
    const node = new ClockSyncNode({ synced: true });
    node.receive("03 07");
    node.send();
    node.correct(1, 5);
    expect(node.state.resyncsLeft).toBe(6);
  });
});
