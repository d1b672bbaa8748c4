import { expect, test } from "vitest";
import { requireWearBound } from "#sim/oracles/wear.ts";
import { Tally } from "../../reliability/tally.ts";
import { allCuts, sampledCuts } from "./cut-kinds.ts";
import {
  baselineOf,
  liveThrough,
  liveThroughFlip,
  liveThroughLoss,
  liveThroughPairs,
  liveThroughSingles,
  liveThroughStorms,
} from "./cuts.ts";
import { factoryFlash, Lifetime, UPDATES } from "./lifetime.ts";
import { tinyLayout } from "./tiny.ts";

/*
 * A lifetime: image 1 runs, 2 is installed and fails its trials, 3 and 4 are installed and
 * confirmed, then the device is quiet. Every rule of oracles.ts holds at every step of every life.
 * What is sampled here is complete in test/soak/boot-cuts.test.ts.
 */

const GRANULES = [1, 4, 8, 16, 32] as const;
const STATE_BITS = 2 * 8 * tinyLayout.state[0].sizeBytes;

test.each(GRANULES)("granule %i: an undisturbed life, and what it wears", (granuleBytes) => {
  const lifetime = new Lifetime(factoryFlash(granuleBytes));
  lifetime.run();
  expect([...lifetime.results.values()]).toEqual(["failed", "updated", "updated"]);
  expect(lifetime.oracles.boots).toBe(7);
  const bankErases = UPDATES.length;
  requireWearBound(lifetime.flash, tinyLayout, { bankErases, stateErases: 2 * bankErases });
});

const LONG = { timeout: 180_000 };
/** Lived in the tests, so that a life that breaks a rule fails one of them. */
const baselines = () => GRANULES.map((granuleBytes) => baselineOf(granuleBytes));

test("power fails once, in every operation, in every way", LONG, () => {
  const tally = new Tally("boot-ci/one-cut");
  for (const baseline of baselines()) liveThroughSingles(baseline, tally, allCuts);
  expect(tally.close()).toBe(5 * 6061);
});

test("power fails twice", LONG, () => {
  const tally = new Tally("boot-ci/two-cuts");
  for (const baseline of baselines()) liveThroughPairs(baseline, tally, 40, 37);
  expect(tally.close()).toBeGreaterThan(5000);
});

test("power fails 3 to 12 times", LONG, () => {
  const tally = new Tally("boot-ci/storms");
  for (const baseline of baselines()) liveThroughStorms(baseline, tally, 400, [3, 12], 1);
  expect(tally.close()).toBe(2000);
});

test("one bit of either copy of the record rots, before any boot", LONG, () => {
  const tally = new Tally("boot-ci/rot");
  for (const baseline of baselines()) {
    for (let boot = 0; boot < baseline.starts.length; boot++) {
      for (let bit = boot; bit < STATE_BITS; bit += 37) {
        tally.case(() => liveThroughFlip(baseline, boot, bit));
      }
    }
  }
  expect(tally.close()).toBeGreaterThan(3500);
});

test("a whole copy of the record is lost, before any boot", () => {
  const tally = new Tally("boot-ci/lost-sector");
  for (const baseline of baselines()) {
    for (let boot = 0; boot < baseline.starts.length; boot++) {
      for (const copy of [0, 1] as const) {
        for (const to of ["erased", "zeros"] as const) {
          tally.case(() => liveThroughLoss(baseline, boot, copy, to));
        }
      }
    }
  }
  expect(tally.close()).toBe(140);
});

test("a life that is taken up at a boot goes on as the one that it was taken from", () => {
  const baseline = baselineOf(8);
  baseline.operations.forEach((operation, after) => {
    for (const cut of sampledCuts(operation, 8)) {
      const forked = liveThrough(baseline, [{ after, cut }]);
      const whole = new Lifetime(factoryFlash(8));
      whole.flash.cutAt(baseline.firstOperation + after, cut);
      whole.run();
      expect(forked.flash.operations).toBe(whole.flash.operations);
      expect(forked.oracles.boots).toBe(whole.oracles.boots);
      expect(Buffer.compare(bytesOf(forked), bytesOf(whole))).toBe(0);
    }
  });
});

function bytesOf({ flash }: Lifetime): Uint8Array {
  const bytes = new Uint8Array(flash.geometry.sizeBytes);
  flash.read(0, bytes);
  return bytes;
}
