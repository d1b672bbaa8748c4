import { expect, test } from "vitest";
import {
  allCuts,
  baselineOf,
  liveThroughFlip,
  liveThroughPairs,
  liveThroughSingles,
  liveThroughStorms,
} from "../agent/boot/cuts.ts";
import { tinyLayout } from "../agent/boot/tiny.ts";

/* The full sets of which test/agent/boot/power-cuts.test.ts runs a sample. */

const GRANULES = [1, 4, 8, 16, 32] as const;
const STATE_BITS = 2 * 8 * tinyLayout.state[0].sizeBytes;

test.each(GRANULES)("granule %i: single cuts, every operation, every way", (granuleBytes) => {
  expect(liveThroughSingles(granuleBytes, allCuts)).toBe(6061);
});

test.each(GRANULES)("granule %i: pairs of cuts within 24 operations", (granuleBytes) => {
  expect(liveThroughPairs(granuleBytes, 24, 1)).toBeGreaterThan(40_000);
});

test.each(GRANULES)("granule %i: storms of 3 to 12 cuts", (granuleBytes) => {
  expect(liveThroughStorms(granuleBytes, 2, 20_000)).toBe(20_000);
});

test.each([1, 8, 32])("granule %i: every bit of both copies, before every boot", (granuleBytes) => {
  for (let boot = 0; boot < baselineOf(granuleBytes).boots; boot++) {
    for (let bit = 0; bit < STATE_BITS; bit++) liveThroughFlip(granuleBytes, boot, bit);
  }
});
