import { describe, expect, test } from "vitest";
import type { Cut } from "#sim/flash/cuts.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { CUTS, expectUpdated, operationsOf, UpdateStory } from "../agent/update-story.ts";

describe.each([1, 2, 4, 8, 16, 32])("an update, granule %i", (granuleBytes) => {
  test("power cut in every operation, every kind", { timeout: 300_000 }, () => {
    const { first, end } = operationsOf(granuleBytes);
    for (let index = first; index < end; index++) {
      for (const cut of CUTS) {
        const story = new UpdateStory(granuleBytes);
        story.device.flash.cutAt(index, cut);
        story.run();
        expectUpdated(story, `${cut.kind} at ${index}`);
      }
    }
  });

  test("storms of power cuts", { timeout: 300_000 }, () => {
    const { first, end } = operationsOf(granuleBytes);
    const key = drawKey(granuleBytes, 0, "storm");
    for (let round = 0; round < 1500; round++) {
      const story = new UpdateStory(granuleBytes);
      const count = 2 + drawBelow(key, 100 * round, 5);
      for (let each = 0; each < count; each++) {
        const at = first + drawBelow(key, 100 * round + 2 * each + 1, end - first);
        const cut = CUTS[drawBelow(key, 100 * round + 2 * each + 2, CUTS.length)] as Cut;
        story.device.flash.cutAt(at, cut);
      }
      story.run();
      expect(story.cuts).toBeGreaterThan(0);
      const { device } = story;
      // Cuts during trials may use up all attempts; then the old image must run.
      if (device.boot.report().active === 1) expectUpdated(story, `round ${round}`);
      else expect(device.status().running.version, `round ${round}`).toBe("1.0.0+0");
    }
  });
});
