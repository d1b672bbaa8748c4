import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Engine } from "#sim/kernel/engine.ts";
import { gpsNow, WallClock } from "#tools/fleet/wall-clock.ts";

beforeEach(() => vi.useFakeTimers({ now: Date.UTC(2026, 0, 1, 0, 0, 0, 250) }));
afterEach(() => vi.useRealTimers());

test("GPS time is 18 s ahead of UTC and counts from 1980", () => {
  expect(gpsNow()).toEqual({
    seconds: (Date.UTC(2026, 0, 1) - Date.UTC(1980, 0, 6)) / 1000 + 18,
    ms: 250,
  });
});

describe("a world on real time", () => {
  test("has its events when they are due, in their order", async () => {
    const engine = new Engine();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name} at ${engine.now / 1000} ms`);
    engine.schedule(90_000, note("third"));
    engine.schedule(30_000, note("first"));
    engine.schedule(30_000, note("second"));
    const clock = new WallClock(engine, 0);
    void clock.run();
    await vi.advanceTimersByTimeAsync(29);
    expect(seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toEqual(["first at 30 ms", "second at 30 ms"]);
    await vi.advanceTimersByTimeAsync(60);
    expect(seen).toHaveLength(3);
    expect(clock.lag.maxMs).toBe(0);
    clock.stop();
  });

  test("is as old as it is said to be, and present when asked", () => {
    const engine = new Engine();
    const clock = new WallClock(engine, 250);
    clock.sync();
    expect(engine.now).toBe(250_000);
  });

  test("tells how late an event was", () => {
    const engine = new Engine();
    engine.schedule(10_000, () => {});
    const clock = new WallClock(engine, 0);
    vi.setSystemTime(Date.now());
    vi.advanceTimersByTime(310);
    clock.sync();
    expect(clock.lag.maxMs).toBe(300);
  });

  test("stands still after a stop", async () => {
    const engine = new Engine();
    let ran = 0;
    engine.schedule(50_000, () => {
      ran += 1;
    });
    const clock = new WallClock(engine, 0);
    void clock.run();
    clock.stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(ran).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("ends with what an event throws", async () => {
    const engine = new Engine();
    engine.schedule(1000, () => {
      throw new RangeError("a bug");
    });
    const clock = new WallClock(engine, 0);
    const run = expect(clock.run()).rejects.toThrow("a bug");
    await vi.advanceTimersByTimeAsync(5);
    await run;
  });
});
