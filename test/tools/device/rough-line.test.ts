import fc from "fast-check";
import { afterEach, beforeEach, test, vi } from "vitest";
import { isLived, type Life, lives } from "./rough-life.ts";

/** A few fixed lives on a bad line; `npm run soak` has fresh ones. */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each(["rui4_2", "rui3_2", "legacy104", "e5", "classic"] as const)(
  "%s on a line with up to three mishaps: it joins, hears, and ends what it begins",
  async (profile) => {
    const holds = (life: Life) => isLived(profile, life);
    await fc.assert(fc.asyncProperty(lives, holds), { seed: 1, numRuns: 8 });
  },
  60_000,
);

test("an OK lost and an error told twice are no refusal", async () => {
  const mishaps = [
    { kind: "twice", line: 39, lateMs: 60 },
    { kind: "lost", line: 37, lateMs: 60 },
  ] as const;
  await isLived("classic", { mishaps: [...mishaps], pieceBytes: 1, poweredMs: 0 });
});
