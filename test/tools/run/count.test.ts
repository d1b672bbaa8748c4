import { describe, expect, test } from "vitest";
import { type Count, leastOf, satisfies } from "#tools/run/count.ts";

describe("a count is satisfied", () => {
  test.each<{ count: Count; devices: number; met: number[] }>([
    { count: "all", devices: 4, met: [4] },
    { count: 2, devices: 4, met: [2] },
    { count: "=2", devices: 4, met: [2] },
    { count: "< 2", devices: 4, met: [0, 1] },
    { count: "<= 2", devices: 4, met: [0, 1, 2] },
    { count: "> 2", devices: 4, met: [3, 4] },
    { count: ">=2", devices: 4, met: [2, 3, 4] },
    { count: ">= 60%", devices: 4, met: [3, 4] },
    { count: "> 50%", devices: 4, met: [3, 4] },
    { count: "< 12.5%", devices: 4, met: [0] },
    { count: "= 50%", devices: 4, met: [2] },
    { count: "= 50%", devices: 3, met: [] },
    { count: "< 0", devices: 4, met: [] },
    { count: 5, devices: 4, met: [] },
  ])("$count of $devices by $met", ({ count, devices, met }) => {
    const all = Array.from({ length: devices + 1 }, (_, actual) => actual);
    expect(all.filter((actual) => satisfies(count, actual, devices))).toEqual(met);
    expect(leastOf(count, devices)).toBe(met[0]);
  });
});
