import { describe, expect, test } from "vitest";
import { LiveUpdate } from "./live/live-update.ts";

/**
 * Whole updates over a real pseudo-terminal, in real processes, on a faster clock that waits for
 * who lags. `npm run soak` has them in real time.
 */
describe.concurrent("fuota device: 100 fragments, one in five lost, in class C", () => {
  test.each(["rui4_2", "rui3_2", "e5"] as const)(
    "%s ends confirmed",
    async (profile) => {
      const input = { profile, redundancyPercent: 65, spacingS: 1.5, timeoutExponent: 8, seed: 1 };
      const update = new LiveUpdate({ ...input, speed: 80 });
      try {
        await update.startNetwork();
        update.startDevice();
        await update.until(() => update.isConfirmed, 120);
        expect(update.output).toMatch(/block 0 complete after 1\d\d fragments/);
        expect(update.sent.lost).toBeGreaterThanOrEqual(20);
      } finally {
        await update.close();
      }
    },
    // As long as it gets on: a busy machine takes its time.
    600_000,
  );
});
