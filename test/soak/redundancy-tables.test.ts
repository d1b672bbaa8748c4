import { describe, expect, test } from "vitest";
import type { LossSpec } from "#sim/air/loss.ts";
import { decodedChance, redundancyFor } from "#tools/plan/closed-form.ts";
import { decodedShares } from "#tools/plan/needed-redundancy.ts";

/*
 * Published tables of redundancy and bursts: measured with real rows where they say so, else the
 * closed form for random rows. Ours: the simulator's air, TS004-1.0.0 rows and the decoder's own
 * elimination.
 */

const TRIALS = 20_000;
const SEEDS = [1, 2, 3];
const TOLERANCE = 0.02;
const LONG = { timeout: 600_000 };

function requireShares(
  name: string,
  nbFrag: number,
  loss: LossSpec,
  percents: readonly number[],
  expected: readonly number[],
  tolerance = TOLERANCE,
): void {
  const counts = percents.map((percent) => Math.ceil((nbFrag * percent) / 100));
  for (const seed of SEEDS) {
    const shares = decodedShares({ variant: "ts004-v1", nbFrag }, loss, counts, TRIALS, seed);
    const deviation = Math.max(...shares.map((share, at) => Math.abs(share - (expected[at] ?? 0))));
    const line = shares.map((share) => share.toFixed(4)).join(" ");
    process.stdout.write(`${name} seed ${seed}: ${line}  worst ${deviation.toFixed(4)}\n`);
    expect(deviation, name).toBeLessThan(tolerance);
  }
}

describe("bursts: M = 300, a tenth is lost", LONG, () => {
  test.each([
    [1.1, { model: "bernoulli", probability: 0.1 }, [0.939, 0.9999, 1]],
    [
      5,
      { model: "gilbertElliott", goodToBad: 0.0222, badToGood: 0.2, lossGood: 0, lossBad: 1 },
      [0.747, 0.914, 0.994],
    ],
    [
      50,
      { model: "gilbertElliott", goodToBad: 0.00222, badToGood: 0.02, lossGood: 0, lossBad: 1 },
      [0.702, 0.761, 0.837],
    ],
  ] as const)("mean burst %d", (burst, loss, expected) => {
    requireShares(`burst ${burst}`, 300, loss, [15, 20, 30], expected);
  });
});

const ROWS = [
  { nbFrag: 100, loss: 0.05, one: 15, all: 26, shares: [0.885, 1, 1] },
  { nbFrag: 100, loss: 0.1, one: 23, all: 36, shares: [0.288, 0.962, 1] },
  { nbFrag: 300, loss: 0.05, one: 29, all: 41, shares: [0.996, 1, 1] },
  { nbFrag: 300, loss: 0.1, one: 51, all: 67, shares: [0.239, 1, 1] },
  { nbFrag: 1000, loss: 0.1, one: 140, all: 165, shares: [0.135, 1, 1] },
  { nbFrag: 1000, loss: 0.2, one: 295, all: 332, shares: [0, 0.001, 0.996] },
  { nbFrag: 1000, loss: 0.3, one: 490, all: 542, shares: [0, 0, 0] },
] as const;

describe.each(ROWS)("closed form: M = $nbFrag, loss $loss", LONG, (row) => {
  const { nbFrag, loss, one, all, shares } = row;

  test("coded fragments for 99 % of devices, and for a fleet of 1000", () => {
    const independent = { model: "bernoulli", probability: loss } as const;
    expect(redundancyFor(nbFrag, independent, 0.99, 1)).toBe(one);
    const whole = redundancyFor(nbFrag, independent, 0.99, 1000) ?? 0;
    expect(Math.abs(whole - all)).toBeLessThanOrEqual(1);
  });

  test("share of devices at 10, 20 and 30 %", () => {
    [10, 20, 30].forEach((percent, at) => {
      const chance = decodedChance(nbFrag, (nbFrag * percent) / 100, {
        model: "bernoulli",
        probability: loss,
      });
      expect(chance).toBeCloseTo(shares[at] ?? 0, 2.5);
    });
  });
});

test.each(ROWS.filter(({ nbFrag }) => nbFrag >= 300))(
  "real rows: M = $nbFrag, loss $loss",
  LONG,
  ({ nbFrag, loss, shares }) => {
    const name = `M=${nbFrag} loss ${loss}`;
    requireShares(name, nbFrag, { model: "bernoulli", probability: loss }, [10, 20, 30], shares);
  },
);

/*
 * The rows of a given M are fixed, and where few fragments are lost some are worse than random ones:
 * for M = 100 the table gives what 99 % of devices need with real rows.
 */
test.each([
  [0.05, 16],
  [0.1, 27],
])("real rows: M = 100, loss %d: 99 %% decode with %i", LONG, (probability, needed) => {
  const loss = { model: "bernoulli", probability } as const;
  for (const seed of SEEDS) {
    const [share = 0] = decodedShares(
      { variant: "ts004-v1", nbFrag: 100 },
      loss,
      [needed],
      TRIALS,
      seed,
    );
    process.stdout.write(`M=100 loss ${probability} seed ${seed}: ${needed} coded ${share}\n`);
    expect(Math.abs(share - 0.99)).toBeLessThan(TOLERANCE);
  }
});
