import { describe, expect, test } from "vitest";
import { allCuts, sampledCuts } from "../agent/boot/cut-kinds.ts";
import {
  baselineOf,
  liveThroughFlip,
  liveThroughLoss,
  liveThroughPairs,
  liveThroughSingles,
  liveThroughStorms,
} from "../agent/boot/cuts.ts";
import { lifeSize } from "../agent/boot/life-size.ts";
import { tinyLayout } from "../agent/boot/tiny.ts";
import { Tally } from "../reliability/tally.ts";

/* The full sets of which test/agent/boot/power-cuts.test.ts runs a sample. */

const STATE_BITS = 2 * 8 * tinyLayout.state[0].sizeBytes;
/** Operations after a cut in which the second one may come. */
const REACH = 40;

describe.each([1, 4, 8, 16, 32])("granule %i", (granuleBytes) => {
  const baseline = baselineOf(granuleBytes);

  test("one cut, every operation, every way", () => {
    const tally = new Tally("boot/one-cut");
    liveThroughSingles(baseline, tally, allCuts);
    expect(tally.close()).toBe(6061);
  });

  test("two cuts, the second in any of the next operations", () => {
    const tally = new Tally("boot/two-cuts");
    liveThroughPairs(baseline, tally, REACH);
    expect(tally.close()).toBeGreaterThan(50_000);
  });

  test("three cuts, at random", () => {
    const tally = new Tally("boot/three-cuts");
    liveThroughStorms(baseline, tally, 20_000, [3, 3], 3);
    expect(tally.close()).toBe(20_000);
  });

  test("storms of 3 to 12 cuts", () => {
    const tally = new Tally("boot/storms");
    liveThroughStorms(baseline, tally, 20_000, [3, 12], 2);
    expect(tally.close()).toBe(20_000);
  });

  test("every bit of both copies flipped, before every boot", () => {
    const tally = new Tally("boot/rot");
    for (let boot = 0; boot < baseline.starts.length; boot++) {
      for (let bit = 0; bit < STATE_BITS; bit++) {
        tally.case(() => liveThroughFlip(baseline, boot, bit));
      }
    }
    expect(tally.close()).toBe(7 * STATE_BITS);
  });

  test("a whole copy lost, before every boot", () => {
    const tally = new Tally("boot/lost-sector");
    for (let boot = 0; boot < baseline.starts.length; boot++) {
      for (const copy of [0, 1] as const) {
        for (const to of ["erased", "zeros"] as const) {
          tally.case(() => liveThroughLoss(baseline, boot, copy, to));
        }
      }
    }
    expect(tally.close()).toBe(28);
  });
});

test("life-size: one cut in every operation, every kind, prefixes sampled", () => {
  const baseline = baselineOf(8, lifeSize);
  const tally = new Tally("boot/life-size");
  liveThroughSingles(baseline, tally, (operation) => sampledCuts(operation, 8));
  expect(baseline.operations.length).toBeGreaterThan(3 * (32 + 512));
  expect(tally.close()).toBeGreaterThan(10_000);
});
