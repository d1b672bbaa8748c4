import { describe, expect, test } from "vitest";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { scriptSafe } from "#tools/report/html/page.ts";
import {
  burstsOf,
  FAILED_TIMELINES_MAX,
  SAMPLE_TIMELINES_MAX,
  TimelineKeeper,
} from "#tools/report/html/page-data.ts";

function lossesAt(...frames: readonly number[]) {
  const lost = new Uint8Array(8);
  for (const frame of frames) lost[frame >> 3] = (lost[frame >> 3] ?? 0) | (1 << (frame & 7));
  return { id: 0, heard: new Uint8Array(8), lost };
}

describe("bursts of lost frames", () => {
  test.each([
    { what: "nothing lost", frames: [], bursts: {} },
    { what: "one frame", frames: [5], bursts: { 1: 1 } },
    { what: "over the edge of a byte", frames: [6, 7, 8, 9], bursts: { 4: 1 } },
    { what: "two bursts", frames: [0, 2, 3], bursts: { 1: 1, 2: 1 } },
    { what: "the very last frames", frames: [62, 63], bursts: { 2: 1 } },
    {
      what: "longer than is told apart",
      frames: Array.from({ length: 40 }, (_, at) => at),
      bursts: { 32: 1 },
    },
  ])("$what", ({ frames, bursts }) => {
    const counts = burstsOf([lossesAt(...frames)]);
    const found = counts.flatMap((count, at) => (count > 0 ? [[at + 1, count]] : []));
    expect(Object.fromEntries(found)).toEqual(bursts);
  });
});

test("a page keeps the timelines of failures first, and no more than its bound", () => {
  const keeper = new TimelineKeeper();
  const timeline = [{ atS: 1, text: "booted" }];
  const add = (id: number, state: DeviceResult["state"]) =>
    keeper.add({ id, state, timeline } as unknown as DeviceResult);
  for (let id = 0; id < 1000; id++) add(id, "updated");
  for (let id = 1000; id < 2000; id++) add(id, "failed");
  const ids = [...keeper.timelines.keys()];
  expect(ids.filter((id) => id < 1000)).toHaveLength(SAMPLE_TIMELINES_MAX);
  expect(ids.filter((id) => id >= 1000)).toHaveLength(FAILED_TIMELINES_MAX);
});

test("no text of a scenario ends the element that its data stands in", () => {
  expect(scriptSafe(JSON.stringify({ name: "</script><script>" }))).not.toContain("<");
  expect(JSON.parse(scriptSafe(JSON.stringify({ name: "</script>" })))).toEqual({
    name: "</script>",
  });
});
