import fc from "fast-check";
import { afterEach, beforeEach, test, vi } from "vitest";
import { isLived, type Life, lives } from "../tools/device/rough-life.ts";

/** Fresh lives of every modem on a bad line. */

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each(["rui4_2", "rui3_2", "legacy104", "e5", "classic"] as const)(
  "%s",
  async (profile) => {
    const holds = (life: Life) => isLived(profile, life);
    await fc.assert(fc.asyncProperty(lives, holds), { numRuns: 200 });
  },
  1_800_000,
);
