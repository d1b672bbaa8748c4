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
    const spokenMs = pauses.spokenMs(atS * S_US);
    expect(spokenMs !== undefined).toBe(wakes);
    if (spokenMs === undefined) return;
    expect(spokenMs).toBeGreaterThanOrEqual(500);
    expect(spokenMs).toBeLessThanOrEqual(1000);
  });

  test("again and again: once in the longest pause", () => {
    const pauses = newPauses();
    const wokenAtS: number[] = [];
    for (let atS = 0; atS < 1000; atS++) {
      pauses.begin((atS + 300) * S_US);
      if (pauses.spokenMs(atS * S_US) !== undefined) wokenAtS.push(atS);
    }
    expect(wokenAtS).toEqual([0, 300, 600, 900]);
  });
});

describe("after ten failures", () => {
  const LONG_MS = 150_000;

  test.each([
    { what: "nothing was said", said: [], isLong: true },
    { what: "it was said before the question", said: ["spoken", "asked"], isLong: true },
    { what: "it was said instead of an answer", said: ["asked", "spoken"], isLong: false },
  ] as const)("$what", ({ said, isLong }) => {
    const pauses = newPauses();
    for (const what of said) {
      if (what === "asked") pauses.asked();
      else pauses.spokenMs(0);
    }
    expect(pauses.afterMs(10, S_US) >= LONG_MS).toBe(isLong);
  });

  test("said for ever: one short pause in the longest one", () => {
    const pauses = newPauses();
    const shortAtS: number[] = [];
    for (let atS = 0; atS < 1000; atS++) {
      pauses.spokenMs(atS * S_US);
      if (pauses.afterMs(10, atS * S_US) < LONG_MS) shortAtS.push(atS);
    }
    expect(shortAtS).toEqual([0, 300, 600, 900]);
  });
});
