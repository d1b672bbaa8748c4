import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DeviceClock, gpsDistanceS } from "#agent/clock.ts";

const S = 1_000_000;

test("the clock runs on uptime", () => {
  const clock = new DeviceClock(1000, 5 * S, false);
  expect(clock.gps(5 * S)).toBe(1000);
  expect(clock.gps(6 * S - 1)).toBe(1000);
  expect(clock.gps(6 * S)).toBe(1001);
  expect(clock.gpsUs(6 * S + 7)).toBe(1001 * S + 7);
});

test("it wraps at 2^32 seconds", () => {
  const clock = new DeviceClock(2 ** 32 - 1, 0, true);
  expect(clock.gps(0)).toBe(2 ** 32 - 1);
  expect(clock.gps(S)).toBe(0);
});

describe("a correction is added modulo 2^32", () => {
  test.each([
    { gps: 1000, correction: 24, result: 1024 },
    { gps: 1000, correction: -24, result: 976 },
    { gps: 10, correction: -11, result: 2 ** 32 - 1 },
    { gps: 2 ** 32 - 1, correction: 1, result: 0 },
    { gps: 0, correction: 2 ** 31 - 1, result: 0x7fffffff },
    { gps: 0, correction: -(2 ** 31), result: 0x80000000 },
  ])("$gps + $correction = $result", ({ gps, correction, result }) => {
    const clock = new DeviceClock(gps, 3 * S, false);
    clock.adjust(correction);
    expect(clock.gps(3 * S)).toBe(result);
  });
});

test("distances go the shorter way around", () => {
  expect(gpsDistanceS(10, 30)).toBe(20);
  expect(gpsDistanceS(30, 10)).toBe(-20);
  expect(gpsDistanceS(2 ** 32 - 5, 5)).toBe(10);
  expect(gpsDistanceS(5, 2 ** 32 - 5)).toBe(-10);
  expect(gpsDistanceS(0, 2 ** 31)).toBe(-(2 ** 31));
});

test("at the uptime that belongs to a GPS time, the clock shows that time", () => {
  const uptime = fc.integer({ min: 0, max: 10 ** 14 });
  const gps = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(gps, uptime, gps, uptime, (start, bootAt, target, at) => {
      const clock = new DeviceClock(start, bootAt, true);
      const when = clock.uptimeOf(target, at);
      expect(clock.gpsUs(when)).toBe(target * S);
      expect(Math.abs(when - at)).toBeLessThanOrEqual(2 ** 31 * S);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("a time in the past has an uptime before now, and may lie before the boot", () => {
  const clock = new DeviceClock(1000, 0, true);
  expect(clock.uptimeOf(1010, 20 * S)).toBe(10 * S);
  expect(clock.uptimeOf(990, 20 * S)).toBe(-10 * S);
});
