import { expect, test } from "vitest";
import { pullThroughKills } from "./kills.ts";

/** test/soak/pull-kills.test.ts does it fifty times. */
test.each(["ThingsBoard", "Drogue"] as const)(
  "a process that is killed goes on where it was, from %s",
  { timeout: 60_000 },
  async (kind) => {
    const { kills, again } = await pullThroughKills(3, 11, kind);
    expect(kills).toBe(3);
    expect(again).toBeLessThanOrEqual(kills);
  },
);
