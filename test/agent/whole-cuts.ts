import { expect } from "vitest";
import type { Cut } from "#sim/flash/cuts.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import type { Tally } from "../reliability/tally.ts";
import { PortProbe } from "./port-probe.ts";
import { CUTS, expectUpdated, type StoryOptions, UpdateStory } from "./update-story.ts";

type Version = NonNullable<StoryOptions["version"]>;

/** One update, with the supply failing in flash operation `index`. */
export function cutOperation(granuleBytes: number, version: Version, index: number, cut: Cut) {
  const story = new UpdateStory(granuleBytes, { version });
  story.device.flash.cutAt(index, cut);
  story.run();
  expectUpdated(story, `granule ${granuleBytes}, v${version}: ${JSON.stringify(cut)} at ${index}`);
  expect(story.cuts).toBe(1);
}

/** One update, with the supply failing before each of these port calls. */
export function cutCalls(granuleBytes: number, version: Version, cutsBefore: readonly number[]) {
  const probe = new PortProbe();
  for (const index of cutsBefore) probe.cutsBefore.add(index);
  const story = new UpdateStory(granuleBytes, { version, probe });
  story.run();
  const names = cutsBefore.map((index) => `${index} (${probe.names[index]})`).join(", ");
  expectUpdated(story, `granule ${granuleBytes}, v${version}: before call ${names}`);
  expect(story.cuts).toBe(cutsBefore.length);
}

/** Updates with two to six cuts in operations `first` to `end`, drawn from `granuleBytes`. */
export function liveThroughStorms(
  granuleBytes: number,
  { first, end }: { readonly first: number; readonly end: number },
  count: number,
  tally: Tally,
): void {
  const key = drawKey(granuleBytes, 0, "storm");
  for (let round = 0; round < count; round++) tally.case(() => liveThroughStorm(round));

  function liveThroughStorm(round: number): void {
    const story = new UpdateStory(granuleBytes);
    const cuts = 2 + drawBelow(key, 100 * round, 5);
    for (let each = 0; each < cuts; each++) {
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
}
