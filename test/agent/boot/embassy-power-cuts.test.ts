import { expect, test } from "vitest";
import { Tally } from "../../reliability/tally.ts";
import { sampledCuts } from "./cut-kinds.ts";
import { baselineOf, liveThroughPairs, liveThroughSingles, liveThroughStorms } from "./cuts.ts";
import { EMBASSY_FLASHES, tinyEmbassy } from "./embassy-scene.ts";

/*
 * The lifetime of power-cuts.test.ts on a device that swaps, under the same rules; of I3 it keeps the
 * form for swaps (swap-guard.ts). On each kind of flash, as far as it tells marks apart.
 */

const LONG = { timeout: 180_000 };
const baselines = () =>
  EMBASSY_FLASHES.map(([granuleBytes, policy]) =>
    baselineOf(granuleBytes, tinyEmbassy(granuleBytes, policy)),
  );

test("an undisturbed life", () => {
  for (const { starts } of baselines()) expect(starts).toHaveLength(7);
});

test("power fails once, in every operation", LONG, () => {
  const tally = new Tally("embassy-ci/one-cut");
  for (const baseline of baselines().slice(2, 4)) {
    liveThroughSingles(baseline, tally, (operation) =>
      sampledCuts(operation, baseline.granuleBytes).filter((_, index) => {
        return (index + operation.index) % 4 === 0;
      }),
    );
  }
  expect(tally.close()).toBeGreaterThan(500);
});

test("power fails twice", LONG, () => {
  const tally = new Tally("embassy-ci/two-cuts");
  const [, , baseline] = baselines();
  if (baseline !== undefined) liveThroughPairs(baseline, tally, 40, 997);
  expect(tally.close()).toBeGreaterThan(200);
});

test("power fails 3 to 12 times", LONG, () => {
  const tally = new Tally("embassy-ci/storms");
  for (const baseline of baselines()) liveThroughStorms(baseline, tally, 150, [3, 12], 1);
  expect(tally.close()).toBe(750);
});
