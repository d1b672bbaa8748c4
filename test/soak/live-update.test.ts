import { describe, expect, test } from "vitest";
import { LiveUpdate } from "../tools/device/live/live-update.ts";

/** What `npm test` has on a faster clock, in real time: a quarter of an hour, all three at once. */
describe.concurrent("fuota device in real time: 100 fragments, one in five lost", () => {
  test.each(["rui4_2", "rui3_2", "e5"] as const)("%s ends confirmed", async (profile) => {
    const input = { profile, redundancyPercent: 65, spacingS: 3, timeoutExponent: 9, seed: 1 };
    const update = new LiveUpdate({ ...input, speed: 1 });
    try {
      await update.startNetwork();
      update.startDevice();
      await update.until(() => update.isConfirmed, 1700);
      console.log(`${profile}: confirmed after ${Math.round(update.elapsedS)} s\n${update.output}`);
      expect(update.sent.lost).toBeGreaterThanOrEqual(20);
    } finally {
      await update.close();
    }
  });
});
