import { expect, test } from "vitest";
import { Outages } from "#sim/fleet/outages.ts";

const S = 1_000_000;

test("without outages nothing is out", () => {
  expect(new Outages([]).isOut(0)).toBe(false);
});

test.each([
  [9.999, false],
  [10, true],
  [14.999, true],
  [15, false],
])("from second 10 for 5 s, at %d s: %s", (atS, expected) => {
  expect(new Outages([{ when: { atS: 10 }, forS: 5 }]).isOut(atS * S)).toBe(expected);
});

test("from fragment 3 on for 5 s", () => {
  const outages = new Outages([{ when: { atFragment: 3 }, forS: 5 }]);
  outages.onFragment(2, 10 * S);
  expect(outages.isOut(10 * S)).toBe(false);
  outages.onFragment(3, 20 * S);
  expect(outages.isOut(20 * S)).toBe(true);
  expect(outages.isOut(25 * S - 1)).toBe(true);
  expect(outages.isOut(25 * S)).toBe(false);
});
