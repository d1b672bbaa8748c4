import { expect, test } from "vitest";
import { pullThroughKills } from "../tools/pull/kills.ts";

test.each(["ThingsBoard", "Drogue"] as const)(
  "killed at fifty moments, a process downloads nothing from %s twice but the last chunk",
  async (kind) => {
    const { kills, again } = await pullThroughKills(50, 1, kind);
    expect(kills).toBe(50);
    expect(again).toBeLessThanOrEqual(50);
  },
);
