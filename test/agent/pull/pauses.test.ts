import { describe, expect, test } from "vitest";
import { Pauses } from "#agent/pull/pauses.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";

const S_US = 1_000_000;
const newPauses = () => new Pauses({ firstMs: 1000, maxMs: 300_000 }, new KeyedEntropy(1, 0));

describe("the server says something by itself", () => {
  test.each([
    { when: "in no pause", untilS: 0, atS: 100, wakes: false },
    { when: "in a long one", untilS: 400, atS: 100, wakes: true },
    { when: "near its end", untilS: 101, atS: 100, wakes: false },
    { when: "after it", untilS: 90, atS: 100, wakes: false },
  ])("$when: wakes $wakes", ({ untilS, atS, wakes }) => {
    const pauses = newPauses();
    pauses.begin(untilS * S_US);
    const shortenedUs = pauses.shortenedUs(atS * S_US);
    expect(shortenedUs !== undefined).toBe(wakes);
    if (shortenedUs === undefined) return;
    expect(shortenedUs).toBeGreaterThanOrEqual(S_US / 2);
    expect(shortenedUs).toBeLessThanOrEqual(S_US);
  });

  test("again and again: once in the longest pause", () => {
    const pauses = newPauses();
    const wokenAtS: number[] = [];
    for (let atS = 0; atS < 1000; atS++) {
      pauses.begin((atS + 300) * S_US);
      if (pauses.shortenedUs(atS * S_US) !== undefined) wokenAtS.push(atS);
    }
    expect(wokenAtS).toEqual([0, 300, 600, 900]);
  });
});
