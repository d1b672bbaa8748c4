import { expect, test } from "vitest";
import { decodedShare, publishedCurves } from "./rank-trials.ts";

const TRIALS = 4000;
/** Three standard errors of a difference of shares: ours 0.008, theirs up to 0.009. */
const TOLERANCE = 0.036;

test.each(publishedCurves)(
  "M = $nbFrag, loss $loss: as many sessions need e extra fragments as published",
  ({ share, ...channel }) => {
    const measured = decodedShare(channel, TRIALS, 1);
    for (const [extra, expected] of share.entries()) {
      expect(Math.abs((measured[extra] ?? 0) - expected)).toBeLessThan(TOLERANCE);
    }
  },
);
