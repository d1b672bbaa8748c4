import { describe, expect, test } from "vitest";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { LiveUpdate } from "../tools/device/live/live-update.ts";

/**
 * Twenty updates, each with the device's process killed at a drawn moment and started again from what
 * it has left after a drawn while: all end confirmed. On a faster clock, a few at a time.
 */

const PROFILES = ["rui4_2", "rui3_2", "e5"] as const;
const RUNS = 20;
/** From the start to a little after the confirmation: each run's kill is drawn from a part of it. */
const WHOLE_S = 1500;
const PART_S = WHOLE_S / RUNS;
const OUTAGE_MAX_S = 60;

const kills = Array.from({ length: RUNS }, (_, seed) => {
  const key = drawKey(seed, 0, "kill");
  return {
    seed,
    profile: PROFILES[seed % PROFILES.length] ?? "rui4_2",
    afterS: seed * PART_S + drawBelow(key, 0, PART_S),
    forS: drawBelow(key, 1, OUTAGE_MAX_S),
  };
});

describe.concurrent("SIGKILL", () => {
  test.each(kills)(
    "seed $seed, $profile, after $afterS s for $forS s",
    async ({ seed, profile, afterS, forS }) => {
      const input = { profile, redundancyPercent: 65, spacingS: 5, timeoutExponent: 10, seed };
      const update = new LiveUpdate({ ...input, speed: 60 });
      try {
        await update.startNetwork();
        update.startDevice();
        await update.passUntil(afterS);
        await update.killDevice();
        const [last = "nothing"] = update.output.trim().split("\n").slice(-1);
        await update.goOnAlone(forS);
        update.startDevice();
        await update.until(() => update.isConfirmed, 600);
        const took = `confirmed after ${Math.round(update.elapsedS)} s`;
        console.log(
          `seed ${seed}, ${profile}: killed after ${afterS} s for ${forS} s («${last}»); ${took}`,
        );
        expect(update.output).not.toMatch(/rolled back|bricked/);
      } finally {
        await update.close();
      }
    },
  );
});
