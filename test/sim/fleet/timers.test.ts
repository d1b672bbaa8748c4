import fc from "fast-check";
import { expect, test } from "vitest";
import type { TimerId } from "#agent/events.ts";
import { Oscillator } from "#sim/fleet/oscillator.ts";
import { DeviceTimers } from "#sim/fleet/timers.ts";
import { Engine } from "#sim/kernel/engine.ts";

const END = Number.MAX_SAFE_INTEGER;

/** A device that booted at `startUs`, and what its timers did. */
function bench(driftPpm = 0, startUs = 0) {
  const engine = new Engine();
  const oscillator = new Oscillator(driftPpm);
  const fired: { id: TimerId; at: number; worldUs: number }[] = [];
  const timers = new DeviceTimers(engine, oscillator, (id, at) => {
    fired.push({ id, at, worldUs: engine.now });
  });
  engine.schedule(startUs, () => {});
  engine.run(startUs);
  oscillator.restart(startUs);
  return { engine, oscillator, timers, fired };
}

test("a timer fires once, at its local time", () => {
  const { engine, timers, fired } = bench(0, 7_000_000);
  timers.set("heartbeat", 60_000_000);
  engine.run(END);
  expect(fired).toEqual([{ id: "heartbeat", at: 60_000_000, worldUs: 67_000_000 }]);
});

test("at any drift it never fires before its local time, and at most 2 µs after", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -5_000_000, max: 5_000_000 }),
      fc.nat({ max: 2 ** 40 }),
      fc.nat({ max: 2 ** 41 }),
      (milliPpm, startUs, at) => {
        const { engine, timers, fired } = bench(milliPpm / 1000, startUs);
        timers.set("heartbeat", at);
        engine.run(END);
        const late = (fired[0]?.at ?? Number.NaN) - at;
        return fired.length === 1 && late >= 0 && late <= 2;
      },
    ),
    { seed: 1, numRuns: 500 },
  );
});

test("a fast clock fires early in the world, a slow one late", () => {
  const fast = bench(5000);
  fast.timers.set("heartbeat", 1_000_000);
  fast.engine.run(END);
  const slow = bench(-5000);
  slow.timers.set("heartbeat", 1_000_000);
  slow.engine.run(END);
  expect(fast.fired[0]?.worldUs).toBe(995_025);
  expect(slow.fired[0]?.worldUs).toBe(1_005_026);
});

test("a timer for a time that has passed fires at once, and tells the time that it is", () => {
  const { engine, timers, fired } = bench();
  engine.schedule(5_000_000, () => timers.set("activation", 1_000_000));
  engine.run(END);
  expect(fired).toEqual([{ id: "activation", at: 5_000_000, worldUs: 5_000_000 }]);
});

test("setting a timer again moves it", () => {
  const { engine, timers, fired } = bench();
  timers.set("heartbeat", 1000);
  timers.set("heartbeat", 3000);
  timers.set("trialDeadline", 2000);
  engine.run(END);
  expect(fired.map(({ id, at }) => [id, at])).toEqual([
    ["trialDeadline", 2000],
    ["heartbeat", 3000],
  ]);
});

test("a cleared timer does not fire, its neighbours do; clearing nothing is nothing", () => {
  const { engine, timers, fired } = bench();
  timers.set("heartbeat", 1000);
  timers.set("activation", 1000);
  timers.clear("heartbeat");
  timers.clear("trialDeadline");
  engine.run(END);
  expect(fired.map(({ id }) => id)).toEqual(["activation"]);
});

test("after clearAll nothing fires, and timers can be set anew", () => {
  const { engine, timers, fired } = bench();
  timers.set("heartbeat", 1000);
  timers.set("activation", 2000);
  timers.clearAll();
  timers.set("activation", 4000);
  engine.run(END);
  expect(fired.map(({ at }) => at)).toEqual([4000]);
});

test("a timer may be armed again from its own firing", () => {
  const engine = new Engine();
  const fired: number[] = [];
  const timers: DeviceTimers = new DeviceTimers(engine, new Oscillator(100), (id, at) => {
    fired.push(at);
    if (fired.length < 4) timers.set(id, at + 1_000_000);
  });
  timers.set("heartbeat", 1_000_000);
  engine.run(END);
  expect(fired).toEqual([1_000_000, 2_000_000, 3_000_000, 4_000_000]);
});

test("clearing one that has fired does not touch what was set since", () => {
  const { engine, timers, fired } = bench();
  timers.set("heartbeat", 1000);
  engine.run(1000);
  timers.clear("heartbeat");
  timers.set("heartbeat", 2000);
  engine.run(END);
  expect(fired.map(({ at }) => at)).toEqual([1000, 2000]);
});
