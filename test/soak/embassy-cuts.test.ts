import { describe, expect, test } from "vitest";
import { allCuts } from "../agent/boot/cut-kinds.ts";
import {
  baselineOf,
  liveThroughPairs,
  liveThroughSingles,
  liveThroughStorms,
} from "../agent/boot/cuts.ts";
import { EMBASSY_FLASHES, tinyEmbassy } from "../agent/boot/embassy-scene.ts";
import { Tally } from "../reliability/tally.ts";
import { sweepCalls, sweepEvents, sweepOperations } from "../scenarios/campaign-sweep.ts";

/* The sets of which test/agent/boot/embassy-power-cuts.test.ts runs a sample. */

const REACH = 40;
const PAIR_STRIDE = 11;

describe.each(EMBASSY_FLASHES)("granule %i, %s", (granuleBytes, policy) => {
  const baseline = baselineOf(granuleBytes, tinyEmbassy(granuleBytes, policy));

  test("one cut, every operation, every way", () => {
    const tally = new Tally("embassy/one-cut");
    liveThroughSingles(baseline, tally, allCuts);
    expect(tally.close()).toBeGreaterThan(8000);
  });

  test("two cuts, the second in any of the next operations", () => {
    const tally = new Tally("embassy/two-cuts");
    liveThroughPairs(baseline, tally, REACH, PAIR_STRIDE);
    expect(tally.close()).toBeGreaterThan(5000);
  });

  test("storms of 3 to 12 cuts", () => {
    const tally = new Tally("embassy/storms");
    liveThroughStorms(baseline, tally, 10_000, [3, 12], 2);
    expect(tally.close()).toBe(10_000);
  });
});

test("a campaign over LoRaWAN", () => {
  const campaign = { packages: "v1", granuleBytes: 8, boot: "embassy" } as const;
  const tally = new Tally("embassy/lorawan");
  sweepCalls(campaign, tally);
  sweepEvents(campaign, tally);
  sweepOperations(campaign, tally, 5);
  expect(tally.close()).toBeGreaterThan(1000);
});
