import { expect, test } from "vitest";
import { Oscillator } from "#sim/fleet/oscillator.ts";
import { RealTimeClock } from "#sim/fleet/real-time-clock.ts";

const S = 1_000_000;
const WRONG = 1_000_000_123;
const RIGHT = 1_400_000_000;

test("it starts wrong, unsynced and running", () => {
  const clock = new RealTimeClock(new Oscillator(0), WRONG);
  expect(clock.isSynced).toBe(false);
  expect(clock.gpsAt(0)).toBe(WRONG);
  expect(clock.gpsAt(S - 1)).toBe(WRONG);
  expect(clock.gpsAt(S)).toBe(WRONG + 1);
  expect(clock.gpsAt(3600 * S)).toBe(WRONG + 3600);
});

test("once set it goes on from there, and remembers whether the time is to be trusted", () => {
  const clock = new RealTimeClock(new Oscillator(0), WRONG);
  clock.set(RIGHT, true, 50 * S);
  expect(clock.isSynced).toBe(true);
  expect(clock.gpsAt(50 * S)).toBe(RIGHT);
  expect(clock.gpsAt(90 * S)).toBe(RIGHT + 40);
  clock.set(RIGHT, false, 100 * S);
  expect(clock.isSynced).toBe(false);
});

test("a reset restarts the oscillator's count, not the clock", () => {
  const oscillator = new Oscillator(0);
  const clock = new RealTimeClock(oscillator, WRONG);
  clock.set(RIGHT, true, 10 * S);
  for (const resetAt of [20, 25, 400]) {
    oscillator.restart(resetAt * S);
    expect(clock.gpsAt(resetAt * S)).toBe(RIGHT + resetAt - 10);
  }
  expect(clock.isSynced).toBe(true);
});

test("without a supply it forgets the time and that it was set", () => {
  const clock = new RealTimeClock(new Oscillator(0), WRONG);
  clock.set(RIGHT, true, 10 * S);
  clock.losePower(1000 * S);
  expect(clock.isSynced).toBe(false);
  expect(clock.gpsAt(1000 * S)).toBe(WRONG);
  expect(clock.gpsAt(1020 * S)).toBe(WRONG + 20);
});

test.each([
  [100, 100_010],
  [-100, 99_990],
  [5000, 100_500],
])("at %i ppm a hundred thousand seconds are %i", (ppm, shown) => {
  const clock = new RealTimeClock(new Oscillator(ppm), WRONG);
  clock.set(RIGHT, true, 7 * S);
  expect(clock.gpsAt((100_000 + 7) * S - 2)).toBe(RIGHT + shown - 1);
  expect(clock.gpsAt((100_000 + 7) * S + 2)).toBe(RIGHT + shown);
});

test("GPS time wraps at 2^32 seconds", () => {
  const clock = new RealTimeClock(new Oscillator(0), 2 ** 32 - 2);
  expect([0, 1, 2, 3].map((s) => clock.gpsAt(s * S))).toEqual([2 ** 32 - 2, 2 ** 32 - 1, 0, 1]);
});

test("it does not fall behind when it follows a device at each of a thousand resets", () => {
  const clock = new RealTimeClock(new Oscillator(0), WRONG);
  clock.set(RIGHT, true, 0);
  for (let reset = 1; reset <= 1000; reset++) {
    const bootedAt = reset * 1_300_000;
    const gpsAtBoot = clock.gpsAt(bootedAt);
    // The device counts whole seconds from what it was told, and is reset 0.9 s later.
    clock.follow({ gps: gpsAtBoot, synced: true }, bootedAt + 900_000);
  }
  expect(clock.gpsAt(1000 * 1_300_000)).toBe(RIGHT + 1300);
});

test("it follows a device that was corrected, or has lost its trust in the time", () => {
  const clock = new RealTimeClock(new Oscillator(0), WRONG);
  clock.follow({ gps: RIGHT, synced: true }, 10 * S);
  expect([clock.gpsAt(10 * S), clock.isSynced]).toEqual([RIGHT, true]);
  clock.follow({ gps: RIGHT, synced: false }, 10 * S);
  expect(clock.isSynced).toBe(false);
});
