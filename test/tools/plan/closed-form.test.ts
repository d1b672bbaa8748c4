import { describe, expect, test } from "vitest";
import { decodedChance, meanLoss, redundancyFor } from "#tools/plan/closed-form.ts";

const independent = (probability: number) => ({ model: "bernoulli", probability }) as const;
const bursts = (goodToBad: number, badToGood: number) =>
  ({ model: "gilbertElliott", goodToBad, badToGood, lossGood: 0, lossBad: 1 }) as const;

test("no loss needs no parity; all lost has no cure", () => {
  expect(decodedChance(20, 0, independent(0))).toBe(1);
  expect(decodedChance(20, 20, independent(1))).toBe(0);
});

test("one fragment, one coded: lost and mended is half of lost and coded received", () => {
  const p = 0.3;
  expect(decodedChance(1, 1, independent(p))).toBeCloseTo(1 - p + p * (1 - p) * 0.5, 12);
});

describe("published: coded fragments for 99 % of the devices, and for a fleet of 1000", () => {
  test.each([
    [100, 0.05, 15, 26],
    [100, 0.1, 23, 36],
    [300, 0.05, 29, 41],
    [300, 0.1, 51, 67],
    [1000, 0.1, 140, 165],
  ])("M = %i, loss %d: %i, %i", (nbFrag, loss, one, all) => {
    expect(redundancyFor(nbFrag, independent(loss), 0.99, 1)).toBe(one);
    const whole = redundancyFor(nbFrag, independent(loss), 0.99, 1000) ?? 0;
    expect(Math.abs(whole - all)).toBeLessThanOrEqual(1);
  });
});

describe("published: M = 300, a tenth lost in bursts", () => {
  test.each([
    [5, bursts(0.0222, 0.2), [0.747, 0.914, 0.994]],
    [50, bursts(0.002_22, 0.02), [0.702, 0.761, 0.837]],
  ])("mean burst %i", (_, loss, expected) => {
    for (const [at, coded] of [45, 60, 90].entries()) {
      expect(Math.abs(decodedChance(300, coded, loss) - (expected[at] ?? 0))).toBeLessThan(0.02);
    }
  });
});

test("the mean of bursts", () => {
  expect(meanLoss(bursts(0.0222, 0.2))).toBeCloseTo(0.1, 3);
  expect(meanLoss(independent(0.25))).toBe(0.25);
});

test("no redundancy mends a half that is never received", () => {
  const half = { ...bursts(0.5, 0.000_001), lossBad: 1 };
  expect(redundancyFor(50, half, 0.99, 1)).toBeUndefined();
});
