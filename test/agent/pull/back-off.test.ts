import { describe, expect, test } from "vitest";
import { backOffMs } from "#agent/pull/back-off.ts";
import { FailureCount } from "#agent/pull/failure-count.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";

const config = { firstMs: 1000, maxMs: 60_000 };

/** The shortest and the longest of a fleet's pauses, to the next half second. */
function pausesOf(failures: number, devices = 400) {
  const pauses = Array.from({ length: devices }, (_, device) =>
    backOffMs(failures, config, new KeyedEntropy(1, device)),
  );
  return { shortest: Math.min(...pauses), longest: Math.max(...pauses), all: new Set(pauses) };
}

test.each([
  { failures: 1, wholeMs: 1000 },
  { failures: 2, wholeMs: 2000 },
  { failures: 6, wholeMs: 32_000 },
  { failures: 7, wholeMs: 60_000 },
  { failures: 1e9, wholeMs: 60_000 },
])("after $failures failures in a row: half of $wholeMs ms, and a share of the other", (row) => {
  const { shortest, longest, all } = pausesOf(row.failures);
  expect(shortest).toBeGreaterThanOrEqual(row.wholeMs / 2);
  expect(shortest).toBeLessThan(row.wholeMs * 0.55);
  expect(longest).toBeLessThanOrEqual(row.wholeMs);
  expect(longest).toBeGreaterThan(row.wholeMs * 0.95);
  // Those who failed together do not come back together.
  expect(all.size).toBeGreaterThan(200);
});

describe("failures in a row", () => {
  test("of all questions together, while nothing is heard", () => {
    const count = new FailureCount();
    expect(
      (["report", "target", "report", "target"] as const).map((one) => count.failed(one)),
    ).toEqual([1, 2, 3, 4]);
  });

  test("of one question, whatever the others are answered", () => {
    const count = new FailureCount();
    const failures = [1, 2, 3].map(() => {
      count.heard();
      count.answered("target");
      return count.failed("chunk");
    });
    expect(failures).toEqual([1, 2, 3]);
    expect(count.failed("target")).toBe(2);
  });

  test("end with an answer to that question", () => {
    const count = new FailureCount();
    for (let times = 0; times < 9; times++) count.failed("chunk");
    count.heard();
    count.answered("chunk");
    expect(count.failed("chunk")).toBe(1);
  });

  test("heard of, but not answered: only the question's own go on", () => {
    const count = new FailureCount();
    for (let times = 0; times < 9; times++) count.failed("report");
    count.failed("chunk");
    count.heard();
    expect(count.failed("chunk")).toBe(2);
    expect(count.failed("report")).toBe(10);
  });
});
