import { expect, test } from "vitest";
import {
  allCuts,
  baselineOf,
  liveThroughFlip,
  liveThroughLoss,
  liveThroughPairs,
  liveThroughSingles,
  liveThroughStorms,
  representativeCuts,
  sampledPrefixes,
} from "./cuts.ts";
import { requireWearBound } from "./flash-truth.ts";
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
  requireWearBound(lifetime.flash, tinyLayout, UPDATES.length);
});

test("granule 8: power fails once, in every operation, in every way", { timeout: 60_000 }, () => {
  expect(liveThroughSingles(8, allCuts)).toBe(6061);
});

test.each([1, 4, 16, 32])("granule %i: power fails once, in every operation", (granuleBytes) => {
  liveThroughSingles(granuleBytes, (operation) => [
    ...representativeCuts(operation),
    ...sampledPrefixes(operation.sizeBytes, granuleBytes),
  ]);
});

test.each(GRANULES)("granule %i: power fails twice", (granuleBytes) => {
  expect(liveThroughPairs(granuleBytes, 24, 149)).toBeGreaterThan(200);
});

test.each(GRANULES)("granule %i: power fails 3 to 12 times", (granuleBytes) => {
  liveThroughStorms(granuleBytes, 1, 150);
});

test("one bit of either copy of the record rots, before any boot", () => {
  for (let boot = 0; boot < baselineOf(8).boots; boot++) {
    for (let bit = boot; bit < STATE_BITS; bit += 37) liveThroughFlip(8, boot, bit);
  }
});

test.each(["erased", "zeros"] as const)("a whole copy of the record is lost to %s", (to) => {
  for (let boot = 0; boot < baselineOf(8).boots; boot++) {
    for (const copy of [0, 1] as const) liveThroughLoss(8, boot, copy, to);
  }
});
