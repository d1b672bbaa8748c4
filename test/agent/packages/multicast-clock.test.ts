import { describe, expect, test } from "vitest";
import { hex } from "../../hex.ts";
import { GROUP_0_SETUP, MulticastNode } from "./multicast-node.ts";
import { CLOSE, END, END_AT, OPEN, START_AT } from "./session-effects.ts";
import { multicast, NOW_GPS, S } from "./test-io.ts";

const ready = (options: ConstructorParameters<typeof MulticastNode>[0] = {}) =>
  new MulticastNode(options).setUp();

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

  test("no other command needs the time", () => {
    const node = ready({ synced: false });
    expect(node.receive("00 01 0f 03 01")).toBe(false);
    expect(node.receive(GROUP_0_SETUP)).toBe(false);
    const payload = hex("04 00 92 7b 80 56 08 d2 ad 84 00");
    expect(node.step({ type: "downlink", payload, source: multicast })).toBe(false);
  });

  test("a start at this very second is no sign of a wrong clock", () => {
    const node = ready({ synced: false });
    node.request({ sessionTime: NOW_GPS });
    expect(node.takeAnswers()).toEqual([hex("04 00 00 00 00")]);
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
