import { describe, expect, test } from "vitest";
import { acceptMcFCnt } from "#agent/packages/multicast-setup.ts";
import { MulticastNode } from "./multicast-node.ts";
import { END, END_AT, OPEN, START_AT } from "./session-effects.ts";
import { NOW_GPS, S } from "./test-io.ts";

const ready = (options: ConstructorParameters<typeof MulticastNode>[0] = {}) =>
  new MulticastNode(options).setUp();

describe("the class C window", () => {
  const programmed = (options = {}) => {
    const node = ready(options);
    node.request();
    return node;
  };

  test("opens a few seconds early and closes after 2^TimeOut seconds", () => {
    const node = programmed();
    expect(node.io.takeEffects()).toEqual([
      { type: "setTimer", id: "mcStart0", at: START_AT - 5 * S },
    ]);
    node.io.at = START_AT - 5 * S;
    node.step({ type: "timer", mcGroupId: 0 });
    expect(node.io.takeEffects()).toEqual(OPEN);
    node.forget();
    node.io.at = END_AT;
    node.step({ type: "timer", mcGroupId: 0 });
    expect(node.io.takeEffects()).toEqual(END);
    expect(node.io.persisted).toEqual([{ type: "mcSession", mcGroupId: 0 }]);
    expect(node.state.groups[0]?.session).toBeUndefined();
  });

  test("the margin is the device's", () => {
    const node = programmed({ openEarlyS: 0 });
    expect(node.io.timerAt("mcStart0")).toBe(START_AT);
  });

  test("an early timer is armed again, to the microsecond", () => {
    const node = programmed();
    node.forget();
    node.io.at = START_AT - 5 * S - 1;
    node.step({ type: "timer", mcGroupId: 0 });
    expect(node.io.takeEffects()).toEqual([
      { type: "setTimer", id: "mcStart0", at: START_AT - 5 * S },
    ]);
    node.io.at = END_AT - 1;
    node.step({ type: "timer", mcGroupId: 0 });
    expect(node.io.takeEffects()).toEqual(OPEN);
  });

  test("has a timer for the longest TimeToStart there is, and none beyond", () => {
    const node = ready({ openEarlyS: 0 });
    node.request({ sessionTime: NOW_GPS + 0xffffff });
    expect(node.io.timerAt("mcStart0")).toBe((100 + 0xffffff) * S);
    node.request({ sessionTime: NOW_GPS + 0x1000000 });
    expect(node.io.timerAt("mcStart0")).toBeUndefined();
  });

  test("is noted for people", () => {
    const node = programmed();
    for (const at of [START_AT, END_AT]) {
      node.io.at = at;
      node.step({ type: "timer", mcGroupId: 0 });
    }
    node.request({ dr: 9 });
    expect(node.io.notes).toEqual(
      ["programmed", "started", "ended", "refused"].map((state) => ({
        type: "mcSession",
        groupId: 0,
        state,
      })),
    );
  });

  test("a timer without a session does nothing", () => {
    const node = ready();
    for (const mcGroupId of [0, 1]) node.step({ type: "timer", mcGroupId });
    expect(node.io.isIdle).toBe(true);
  });

  test("1.0.0 joins a session that has begun, at once", () => {
    const node = ready({ version: 1 });
    node.request({ sessionTime: NOW_GPS - 100 });
    expect(node.io.takeEffects()).toEqual([
      { type: "setTimer", id: "mcEnd0", at: 256 * S },
      { type: "startClassC", groupId: 0, frequencyHz: 869_525_000, dr: 0 },
    ]);
  });

  test("groups have sessions and timers of their own", () => {
    const node = ready().setUp(3);
    node.request({ mcGroupId: 3 });
    expect(node.io.timerAt("mcStart3")).toBe(START_AT - 5 * S);
    expect(node.io.timerAt("mcStart0")).toBeUndefined();
  });
});

describe("a reboot", () => {
  /** The next life, `afterS` later: state as the journal kept it, everything else gone. */
  const reborn = (before: MulticastNode, afterS: number, options = {}) => {
    const gps = before.io.clock.gps(before.io.at) + afterS;
    const after = new MulticastNode({ ...before.config, ...options, gps });
    structuredClone(before.state.groups).forEach((group, id) => {
      after.state.groups[id] = group;
    });
    after.step({ type: "boot" });
    return after;
  };

  test("tells the modem its groups, with the counters reached", () => {
    const before = ready().setUp(2);
    acceptMcFCnt(before.state, 2, 41);
    const effects = reborn(before, 10).io.takeEffects();
    expect(effects).toMatchObject([
      { type: "setMcGroup", groupId: 0, nextMcFCnt: 0 },
      { type: "setMcGroup", groupId: 2, nextMcFCnt: 42, mcAddr: 0x01fffffe },
    ]);
  });

  test.each([
    { what: "before the start", afterS: 100, ends: "armed" },
    { what: "within the session", afterS: 400, ends: "open" },
    { what: "after its end", afterS: 556, ends: "gone" },
  ])("$what", ({ afterS, ends }) => {
    const before = ready();
    before.request();
    before.io.at = START_AT;
    before.step({ type: "timer", mcGroupId: 0 });
    before.io.at = 100 * S;
    const after = reborn(before, afterS);
    const types = after.io.takeEffects().map(({ type }) => type);
    expect(types.includes("startClassC")).toBe(ends === "open");
    expect(types.includes("setTimer")).toBe(ends !== "gone");
    expect(types.includes("stopClassC")).toBe(false);
    expect(after.state.groups[0]?.session === undefined).toBe(ends === "gone");
  });

  test("with the time lost: the session waits for the clock", () => {
    const before = ready();
    before.request();
    const after = new MulticastNode({ gps: 5, synced: false });
    after.state.groups[0] = structuredClone(before.state.groups[0]);
    after.step({ type: "boot" });
    expect(after.io.takeEffects().map(({ type }) => type)).toEqual(["setMcGroup", "clearTimer"]);
    expect(after.state.groups[0]?.session).toBeDefined();
  });
});
