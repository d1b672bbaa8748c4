import { expect, test } from "vitest";
import { CUTS, expectUpdated, operationsOf, UpdateStory } from "./update-story.ts";

/** Of the nine kinds of cut, every operation sees three in turn; the soak tries them all. */
test.each([1, 8, 32])(
  "power cut in any flash operation of an update, granule %i",
  { timeout: 60_000 },
  (granuleBytes) => {
    const { first, end } = operationsOf(granuleBytes);
    expect(end - first).toBeGreaterThan(40);
    for (let index = first; index < end; index++) {
      for (const [kind, cut] of CUTS.entries()) {
        if ((kind + index) % 3 !== 0) continue;
        const story = new UpdateStory(granuleBytes);
        story.device.flash.cutAt(index, cut);
        story.run();
        expect(story.cuts).toBe(1);
        expectUpdated(story, `${cut.kind} at ${index}`);
      }
    }
  },
);
