import { expect, test } from "vitest";
import { pullThroughKills } from "./kills.ts";

/** test/soak/pull-kills.test.ts does it fifty times. */
test("a process that is killed goes on where it was", { timeout: 60_000 }, async () => {
  const { kills, again } = await pullThroughKills(3, 11);
  expect(kills).toBe(3);
  expect(again).toBeLessThanOrEqual(kills);
});
