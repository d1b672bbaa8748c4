import { describe, expect, test } from "vitest";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { LiveUpdate } from "../tools/device/live/live-update.ts";

/**
 * Twenty updates, each with the device's process killed at a drawn moment and started again from what
 * it has left: all end confirmed. On a faster clock, a few at a time; nobody waits for a process that
 * starts, so a kill in the session costs the fragments of some minutes.
 */

const PROFILES = ["rui4_2", "rui3_2", "e5"] as const;
const SPEED = 40;
/** From the start to some time after the confirmation. */
const WHOLE_S = 1600;

const kills = Array.from({ length: 20 }, (_, seed) => ({
  seed,
  profile: PROFILES[seed % PROFILES.length] ?? "rui4_2",
  afterS: drawBelow(drawKey(seed, 0, "kill"), 0, WHOLE_S),
}));

describe.concurrent("SIGKILL", () => {
  test.each(kills)(
    "seed $seed, $profile, killed after $afterS s",
    async ({ seed, profile, afterS }) => {
      const input = { profile, spacingS: 6, timeoutExponent: 10, seed };
      const update = new LiveUpdate({ ...input, speed: SPEED });
      try {
        await update.startNetwork();
        update.startDevice();
        await update.pass(afterS);
        await update.killDevice();
        const [last = "nothing"] = update.output.trim().split("\n").slice(-1);
        update.startDevice();
        await update.until(() => update.isConfirmed, 15_000);
        const took = `confirmed after ${Math.round(update.elapsedS)} s`;
        console.log(`seed ${seed}, ${profile}: killed after ${afterS} s («${last}»); ${took}`);
        expect(update.output).not.toContain("rolled back");
      } finally {
        await update.close();
      }
    },
  );
});
