import { expect, test } from "vitest";
import { EU868 } from "#scenarios/regions/eu868.ts";
import { DutyCycle } from "#sim/air/duty-cycle.ts";
import { airtimeOfDownlinkUs, SUB_BANDS } from "../eu868.ts";

const AIRTIME_US = 61_696;

test.each([
  ["863–865", 864_000_000, 0.1],
  ["865–868", 867_100_000, 1],
  ["868.0–868.6", 868_100_000, 1],
  ["868.7–869.2", 868_900_000, 0.1],
  ["869.4–869.65", 869_525_000, 10],
  ["869.7–870", 870_000_000, 1],
  ["between the sub-bands", 868_650_000, 0.1],
])("%s MHz", (_, frequencyHz, percent) => {
  const limiter = new DutyCycle(EU868);
  expect(limiter.earliestStartUs(frequencyHz, 5_000_000)).toBe(5_000_000);
  limiter.spend(frequencyHz, 5_000_000, AIRTIME_US);
  const earliest = 5_000_000 + Math.ceil((AIRTIME_US * 100) / percent);
  expect(limiter.earliestStartUs(frequencyHz, 5_000_001)).toBe(earliest);
  expect(limiter.earliestStartUs(frequencyHz, earliest + 1)).toBe(earliest + 1);
});

test("channels of one sub-band share its limit, other sub-bands are free", () => {
  const limiter = new DutyCycle(EU868);
  limiter.spend(868_100_000, 0, 1_000_000);
  expect(limiter.earliestStartUs(868_500_000, 0)).toBe(100_000_000);
  expect(limiter.earliestStartUs(867_100_000, 0)).toBe(0);
  expect(limiter.earliestStartUs(869_525_000, 0)).toBe(0);
});

test("a booking made earlier is not shortened by a later one in its shadow", () => {
  const limiter = new DutyCycle(EU868);
  limiter.spend(868_100_000, 1_000_000, 1_000_000);
  limiter.spend(868_100_000, 0, 1000);
  expect(limiter.earliestStartUs(868_100_000, 0)).toBe(101_000_000);
});

test("a gateway may be given another limit", () => {
  const half = SUB_BANDS.map((band) => ({ ...band, dutyCyclePercent: 50 }));
  const limiter = new DutyCycle({ ...EU868, subBands: half });
  limiter.spend(869_525_000, 0, 300);
  expect(limiter.earliestStartUs(869_525_000, 0)).toBe(600);
});

/** 100 KiB in the largest fragments and a tenth more of parity, at 10 % of 869.4–869.65 MHz. */
test.each([
  { dr: 0, phyBytes: 64, frames: 2348, hours: 18.2 },
  { dr: 3, phyBytes: 128, frames: 1007, hours: 1.89 },
  { dr: 5, phyBytes: 235, frames: 515, hours: 0.53 },
])("pacing at DR$dr is airtime over duty cycle", ({ dr, phyBytes, frames, hours }) => {
  const limiter = new DutyCycle(EU868);
  const airtimeUs = airtimeOfDownlinkUs(dr, phyBytes);
  let startUs = 0;
  for (let frame = 0; frame < frames; frame++) {
    startUs = limiter.earliestStartUs(869_525_000, startUs);
    limiter.spend(869_525_000, startUs, airtimeUs);
  }
  expect(startUs).toBe((frames - 1) * airtimeUs * 10);
  expect(Math.abs(startUs / 3.6e9 - hours)).toBeLessThan(0.015);
});
