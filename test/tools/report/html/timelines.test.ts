import { expect, test } from "vitest";
import { LINES_MAX, TimelineKeeper } from "#tools/report/html/timelines.ts";

test("a text that many devices share stands once", () => {
  const keeper = new TimelineKeeper();
  const timeline = [
    { atS: 1.5, text: "booted" },
    { atS: 2, text: "joined" },
  ];
  keeper.add({ id: 3, state: "updated", timeline });
  keeper.add({ id: 4, state: "failed", timeline: timeline.toReversed() });
  expect(keeper.result()).toEqual({
    texts: ["booted", "joined"],
    lines: { 3: [1.5, 0, 2, 1], 4: [2, 1, 1.5, 0] },
  });
});

test("devices that were updated take no room from those that were not", () => {
  const keeper = new TimelineKeeper();
  const timeline = new Array(1000).fill({ atS: 1, text: "booted" });
  const fits = LINES_MAX / timeline.length;
  for (let id = 0; id < 2 * fits; id++) keeper.add({ id, state: "updated", timeline });
  for (let id = 2 * fits; id < 4 * fits; id++) keeper.add({ id, state: "bricked", timeline });
  const ids = Object.keys(keeper.result().lines).map(Number);
  expect(ids.filter((id) => id < 2 * fits)).toHaveLength(fits);
  expect(ids.filter((id) => id >= 2 * fits)).toHaveLength(fits);
});
