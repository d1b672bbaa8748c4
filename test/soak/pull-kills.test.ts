import { expect, test } from "vitest";
import { pullThroughKills } from "../tools/pull/kills.ts";

test("killed at fifty moments, a process downloads nothing twice but the last chunk", async () => {
  const { kills, again } = await pullThroughKills(50, 1);
  expect(kills).toBe(50);
  expect(again).toBeLessThanOrEqual(50);
});
