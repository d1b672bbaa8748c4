import { describe, expect, test } from "vitest";
import { acceptMcFCnt, endMcSession } from "#agent/packages/multicast-setup.ts";
import { hex } from "../../hex.ts";
import { MulticastNode, type SessionReq } from "./multicast-node.ts";
import { NOW_GPS, S } from "./test-io.ts";

/** The session of `request()`: it starts in 300 s, at uptime 400 s, and lasts 256 s. */
const START_AT = 400 * S;
const END_AT = 656 * S;
const OPEN = [
  { type: "setTimer", id: "mcEnd0", at: END_AT },
  { type: "startClassC", groupId: 0, frequencyHz: 869_525_000, dr: 0 },
];
const CLOSE = [
  { type: "clearTimer", id: "mcEnd0" },
  { type: "stopClassC", groupId: 0 },
];
const END = [{ type: "clearTimer", id: "mcStart0" }, ...CLOSE];

const ready = (options: ConstructorParameters<typeof MulticastNode>[0] = {}) =>
  new MulticastNode(options).setUp();

describe("answers to McClassCSessionReq", () => {
  const past: SessionReq = { sessionTime: NOW_GPS - 100 };
  const over: SessionReq = { sessionTime: NOW_GPS - 256 };

  test.each([
    { what: "all well", request: {}, v1: "04 00 2c 01 00", v2: "04 00 2c 01 00" },
    { what: "data rate", request: { dr: 8 }, v1: "04 04", v2: "04 04" },
    { what: "frequency", request: { dlFrequencyHz: 915_000_000 }, v1: "04 08", v2: "04 08" },
    { what: "both", request: { dr: 15, dlFrequencyHz: 0 }, v1: "04 0c", v2: "04 0c" },
    { what: "no such group", request: { mcGroupId: 1 }, v1: "04 11", v2: "04 11" },
    { what: "started, not over", request: past, v1: "04 00 00 00 00", v2: "04 20" },
    { what: "starts now", request: { sessionTime: NOW_GPS }, v1: "04 00 00 00 00", v2: "04 20" },
    { what: "over", request: over, v1: "04 10", v2: "04 20" },
    { what: "over, data rate", request: { ...over, dr: 9 }, v1: "04 14", v2: "04 24" },
  ])("$what: $v1 in 1.0.0, $v2 in 2.0.0", ({ request, v1, v2 }) => {
    for (const { version, answer } of [
      { version: 1, answer: v1 },
      { version: 2, answer: v2 },
    ] as const) {
      const node = ready({ version });
      node.request(request);
      const isAccepted = answer.length > 5;
      expect(node.state.groups[0]?.session !== undefined).toBe(isAccepted);
      expect(node.io.persisted.length).toBe(isAccepted ? 1 : 0);
      expect(node.takeAnswers()).toEqual([hex(answer)]);
      if (!isAccepted) expect(node.io.takeEffects()).toEqual([]);
    }
  });

  test.each([
    { what: "a lone StartMissed is padded", request: past, answer: "04 20 00 00 00" },
    { what: "beside another error it is not", request: { ...past, dr: 9 }, answer: "04 24" },
    { what: "all well", request: {}, answer: "04 00 2c 01 00" },
  ])("for ChirpStack, 2.0.0: $what", ({ request, answer }) => {
    const node = ready({ chirpstackAnswers: true });
    node.request(request);
    expect(node.takeAnswers()).toEqual([hex(answer)]);
    if (answer !== "04 00 2c 01 00") expect(node.state.groups[0]?.session).toBeUndefined();
  });

  test("TimeToStart counts from the moment the answer leaves", () => {
    const node = ready();
    node.request();
    node.io.at += 40 * S;
    expect(node.takeAnswers()).toEqual([hex("04 00 04 01 00")]);
    node.request();
    node.io.at += 400 * S;
    expect(node.takeAnswers()).toEqual([hex("04 00 00 00 00")]);
  });

  test("one that does not fit is sent as the largest there is", () => {
    const node = ready();
    node.request({ sessionTime: NOW_GPS + 0xffffff });
    node.request({ sessionTime: NOW_GPS + 0x1000000 });
    expect(node.takeAnswers()).toEqual([hex("04 00 ff ff ff"), hex("04 00 ff ff ff")]);
  });

  test("a refused request leaves the former session in force", () => {
    const node = ready();
    node.request();
    node.request({ dr: 9 });
    expect(node.state.groups[0]?.session).toMatchObject({ dr: 0, startGps: NOW_GPS + 300 });
  });

  test("another session replaces the former", () => {
    const node = ready();
    node.request();
    node.io.at = START_AT;
    node.step({ type: "timer", mcGroupId: 0 });
    node.forget();
    node.request({ sessionTime: NOW_GPS + 900, timeOut: 0, dr: 5 });
    expect(node.io.takeEffects()).toEqual([
      ...END,
      { type: "setTimer", id: "mcStart0", at: 995 * S },
    ]);
    expect(node.state.groups[0]?.session).toEqual({
      startGps: NOW_GPS + 900,
      durationS: 1,
      dlFrequencyHz: 869_525_000,
      dr: 5,
      isOpen: false,
    });
  });

  test.each([1, 2] as const)(
    "version %i: a repeat is accepted again, even in mid-session",
    (version) => {
      const node = ready({ version });
      node.request();
      node.io.at = START_AT + 10 * S;
      node.step({ type: "timer", mcGroupId: 0 });
      node.forget();
      node.request();
      expect(node.takeAnswers()).toEqual([hex("04 00 00 00 00")]);
      expect(node.io.takeEffects()).toEqual([]);
      expect(node.state.groups[0]?.session?.isOpen).toBe(true);
    },
  );
});

describe("McClassBSessionReq", () => {
  test.each([
    { request: "05 00 80 7b 80 56 23 d2 ad 84 00", answer: "05 04" },
    { request: "05 01 80 7b 80 56 23 00 00 00 00", answer: "05 15" },
  ])("is refused with DRError: $answer", ({ request, answer }) => {
    const node = ready();
    node.receive(request);
    expect(node.takeAnswers()).toEqual([hex(answer)]);
    expect(node.state.groups[0]?.session).toBeUndefined();
    expect(node.io.takeEffects()).toEqual([]);
  });
});

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

  test("can be closed early by a device that has everything", () => {
    const node = programmed();
    node.io.at = START_AT;
    node.step({ type: "timer", mcGroupId: 0 });
    node.forget();
    endMcSession(node.state, 0, node.io);
    expect(node.io.takeEffects()).toEqual(END);
    endMcSession(node.state, 0, node.io);
    endMcSession(node.state, 3, node.io);
    expect(node.io.takeEffects()).toEqual([]);
  });

  test("groups have sessions and timers of their own", () => {
    const node = ready().setUp(3);
    node.request({ mcGroupId: 3 });
    expect(node.io.timerAt("mcStart3")).toBe(START_AT - 5 * S);
    expect(node.io.timerAt("mcStart0")).toBeUndefined();
  });
});

describe("a clock that is corrected", () => {
  /** Moves the clock by `correctionS` and tells the package. */
  const corrected = (node: MulticastNode, correctionS: number) => {
    node.forget();
    node.io.clock.adjust(correctionS);
    node.io.clock.synced = true;
    node.step({ type: "clockCorrected" });
    return node.io.takeEffects();
  };
  const programmed = () => {
    const node = ready();
    node.request();
    return node;
  };
  const opened = () => {
    const node = programmed();
    node.io.at = START_AT;
    node.step({ type: "timer", mcGroupId: 0 });
    return node;
  };

  test.each([
    { what: "still ahead", correctionS: 100, at: 295 * S },
    { what: "further ahead", correctionS: -50, at: 445 * S },
  ])("before the start: $what, the timer moves", ({ correctionS, at }) => {
    const effects = corrected(programmed(), correctionS);
    expect(effects).toEqual([{ type: "setTimer", id: "mcStart0", at }]);
  });

  test("before the start: it turns out to be now", () => {
    const effects = corrected(programmed(), 310);
    expect(effects).toEqual([{ type: "setTimer", id: "mcEnd0", at: 346 * S }, OPEN[1]]);
  });

  test("before the start: it turns out to be over", () => {
    const node = programmed();
    expect(corrected(node, 556)).toEqual([{ type: "clearTimer", id: "mcStart0" }]);
    expect(node.state.groups[0]?.session).toBeUndefined();
    expect(node.io.persisted).toEqual([{ type: "mcSession", mcGroupId: 0 }]);
  });

  test("in the session: the end moves", () => {
    const effects = corrected(opened(), 6);
    expect(effects).toEqual([{ type: "setTimer", id: "mcEnd0", at: END_AT - 6 * S }]);
  });

  test("in the session: it has not begun yet", () => {
    const node = opened();
    expect(corrected(node, -60)).toEqual([
      ...CLOSE,
      { type: "setTimer", id: "mcStart0", at: START_AT + 55 * S },
    ]);
    expect(node.state.groups[0]?.session?.isOpen).toBe(false);
  });

  test("in the session: it is over", () => {
    expect(corrected(opened(), 256)).toEqual(END);
  });

  test("without a session nothing happens", () => {
    expect(corrected(ready(), 1000)).toEqual([]);
  });
});

describe("a clock that nobody has confirmed", () => {
  test("the device asks to be synchronised, and says so only when a session was accepted", () => {
    const node = ready({ synced: false });
    expect(node.request()).toBe(true);
    expect(node.request()).toBe(true);
    expect(node.request({ dr: 9 })).toBe(false);
    expect(ready({ synced: true }).request()).toBe(false);
  });

  test("since 1980: the session is kept without a timer, until the clock is right", () => {
    const node = ready({ synced: false, gps: 100 });
    node.request();
    expect(node.takeAnswers()).toEqual([hex("04 00 ff ff ff")]);
    expect(node.io.takeEffects()).toEqual([{ type: "clearTimer", id: "mcStart0" }]);
    node.io.clock.adjust(NOW_GPS - 100);
    node.io.clock.synced = true;
    node.step({ type: "clockCorrected" });
    expect(node.io.timerAt("mcStart0")).toBe(START_AT - 5 * S);
  });

  test.each([1, 2] as const)("version %i: too late by a wrong clock is no error", (version) => {
    const node = ready({ synced: false, gps: NOW_GPS + 1000, version });
    expect(node.request()).toBe(true);
    expect(node.takeAnswers()).toEqual([hex("04 00 ff ff ff")]);
    expect(node.state.groups[0]?.session?.isOpen).toBe(false);
    node.io.clock.adjust(-1000);
    node.io.clock.synced = true;
    node.step({ type: "clockCorrected" });
    expect(node.io.timerAt("mcStart0")).toBe(START_AT - 5 * S);
  });

  test("a window that closes by it is closed, but the session is kept", () => {
    const node = ready({ synced: false });
    node.request();
    node.io.at = START_AT;
    node.step({ type: "timer", mcGroupId: 0 });
    node.forget();
    node.io.at = END_AT;
    node.step({ type: "timer", mcGroupId: 0 });
    expect(node.io.takeEffects()).toEqual([...CLOSE, { type: "clearTimer", id: "mcStart0" }]);
    expect(node.state.groups[0]?.session).toBeDefined();
    expect(node.io.persisted).toEqual([]);
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
