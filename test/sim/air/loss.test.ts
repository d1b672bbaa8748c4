import { describe, expect, test } from "vitest";
import { type LossSpec, lossModel } from "#sim/air/loss.ts";
import { drawKey } from "#sim/kernel/draws.ts";

const FRAMES = 100_000;
const key = (seed: number, device = 1) => drawKey(seed, device, "loss");

function pattern(spec: LossSpec, seed: number, frames = FRAMES, device = 1): boolean[] {
  const model = lossModel(spec, key(seed, device));
  return Array.from({ length: frames }, (_, counter) => model.lost(counter));
}

const share = (losses: readonly boolean[]) => losses.filter(Boolean).length / losses.length;

function meanBurst(losses: readonly boolean[]): number {
  const bursts = losses.filter((lost, index) => lost && losses[index - 1] !== true).length;
  return losses.filter(Boolean).length / bursts;
}

const gilbertElliott = (goodToBad: number, badToGood: number, rest = {}): LossSpec => ({
  model: "gilbertElliott",
  goodToBad,
  badToGood,
  lossGood: 0,
  lossBad: 1,
  ...rest,
});

describe.each([1, 2, 3, 4, 5])("seed %i", (seed) => {
  test.each([0.001, 0.05, 0.2, 0.45])(
    "Bernoulli %f: share of losses, and no memory",
    (probability) => {
      const losses = pattern({ model: "bernoulli", probability }, seed);
      const deviation = Math.sqrt((probability * (1 - probability)) / FRAMES);
      expect(Math.abs(share(losses) - probability)).toBeLessThan(4.5 * deviation);
      if (probability > 0.01) expect(meanBurst(losses)).toBeCloseTo(1 / (1 - probability), 1);
    },
  );

  /** Presets of validation.md §3: 10 % loss in bursts of 5, 20 and 50; 30 % in bursts of 20. */
  test.each([
    { a: 0.0222, b: 0.2, loss: 0.1, burst: 5 },
    { a: 0.00556, b: 0.05, loss: 0.1, burst: 20 },
    { a: 0.00222, b: 0.02, loss: 0.1, burst: 50 },
    { a: 0.02143, b: 0.05, loss: 0.3, burst: 20 },
  ])("Gilbert–Elliott $loss in bursts of $burst", ({ a, b, loss, burst }) => {
    const losses = pattern(gilbertElliott(a, b), seed);
    const cycles = FRAMES * loss * b;
    expect(share(losses) / loss).toBeGreaterThan(1 - 5 / Math.sqrt(cycles));
    expect(share(losses) / loss).toBeLessThan(1 + 5 / Math.sqrt(cycles));
    expect(meanBurst(losses) / burst).toBeGreaterThan(1 - 4 / Math.sqrt(cycles));
    expect(meanBurst(losses) / burst).toBeLessThan(1 + 4 / Math.sqrt(cycles));
  });

  test("losses in the states are independent draws", () => {
    const losses = pattern(gilbertElliott(0.1, 0.1, { lossGood: 0.05, lossBad: 0.6 }), seed);
    expect(share(losses)).toBeGreaterThan(0.325 - 0.015);
    expect(share(losses)).toBeLessThan(0.325 + 0.015);
  });

  test("a fleet starts with as many bad channels as it goes on with", () => {
    const first = Array.from({ length: 20_000 }, (_, device) =>
      lossModel(gilbertElliott(0.0222, 0.2), key(seed, device)).lost(0),
    );
    expect(share(first)).toBeGreaterThan(0.09);
    expect(share(first)).toBeLessThan(0.11);
  });
});

describe("a loss depends on the key and the counter alone", () => {
  test.each([
    ["long bursts", gilbertElliott(0.01, 0.05, { lossGood: 0.1, lossBad: 0.8 })],
    ["a channel that changes nearly always", gilbertElliott(0.9, 0.8)],
    ["Bernoulli", { model: "bernoulli", probability: 0.3 } as const],
  ])("%s: in order, backwards, with gaps and repeated", (_, spec) => {
    const inOrder = pattern(spec, 7, 2000);
    const model = lossModel(spec, key(7));
    const at = (counter: number) => expect(model.lost(counter)).toBe(inOrder[counter]);
    for (let counter = 1999; counter >= 0; counter--) at(counter);
    for (let counter = 0; counter < 2000; counter += 37) at(counter);
    for (let step = 0; step < 2000; step++) at((step * 1_009) % 2000);
    for (const counter of [5, 5, 5]) at(counter);
  });

  test("two devices, and two seeds, lose different frames", () => {
    const spec = gilbertElliott(0.0222, 0.2);
    const mine = pattern(spec, 1, 1000);
    expect(pattern(spec, 1, 1000)).toEqual(mine);
    expect(pattern(spec, 1, 1000, 2)).not.toEqual(mine);
    expect(pattern(spec, 2, 1000)).not.toEqual(mine);
  });
});

test("the ends of the scale are certain", () => {
  const all = (spec: LossSpec) => share(pattern(spec, 1, 5000));
  expect(all({ model: "bernoulli", probability: 0 })).toBe(0);
  expect(all({ model: "bernoulli", probability: 1 })).toBe(1);
  expect(all(gilbertElliott(0, 0))).toBe(0);
  expect(all(gilbertElliott(0, 1))).toBe(0);
  expect(all(gilbertElliott(1, 0))).toBe(1);
  expect(all(gilbertElliott(0.5, 0.5, { lossBad: 0 }))).toBe(0);
  const alternating = pattern(gilbertElliott(1, 1), 1, 100);
  expect(alternating.every((lost, index) => lost !== alternating[index + 1])).toBe(true);
});

test("a trace: its frames are lost and no others; receivers take the lists in turn", () => {
  const spec: LossSpec = { model: "trace", lost: [[1, 3], [], [65_535]] };
  const lostBy = (turn: number) => {
    const model = lossModel(spec, key(1), turn);
    return Array.from({ length: 65_535 }, (_, at) => at + 1).filter((n) => model.lost(n - 1));
  };
  expect([0, 1, 2, 3].map(lostBy)).toEqual([[1, 3], [], [65_535], [1, 3]]);
});
