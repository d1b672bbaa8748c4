import { expect, test } from "vitest";
import { decodedShare, publishedCurves } from "../agent/fec/rank-trials.ts";

const TRIALS = 20_000;
const SEEDS = [1, 2, 3];
const TOLERANCE = 0.02;

test.each(publishedCurves)(
  "M = $nbFrag, loss $loss",
  { timeout: 120_000 },
  ({ share, ...channel }) => {
    for (const seed of SEEDS) {
      const measured = decodedShare(channel, TRIALS, seed);
      const deviations = share.map((expected, extra) =>
        Math.abs((measured[extra] ?? 0) - expected),
      );
      const deviation = Math.max(...deviations);
      const line = measured.map((value) => value.toFixed(4)).join(" ");
      process.stdout.write(
        `M=${channel.nbFrag} seed ${seed}: ${line}  worst ${deviation.toFixed(4)}\n`,
      );
      expect(deviation).toBeLessThan(TOLERANCE);
    }
  },
);
