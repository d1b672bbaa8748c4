import { describe, expect, test } from "vitest";
import { histogramOf } from "#tools/report/html/histogram.ts";

const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);

describe("a histogram", () => {
  test("of nothing is empty", () => {
    expect(histogramOf([])).toEqual({ middles: [], counts: [], outside: null });
  });

  test("of one value, again and again, is one bar", () => {
    const { middles, counts, outside } = histogramOf([7, 7, 7]);
    expect(counts).toEqual([3]);
    expect(Math.abs((middles[0] ?? 0) - 7)).toBeLessThan(0.01);
    expect(outside).toBeNull();
  });

  test("counts every value once, in bins that end on round numbers", () => {
    const values = Array.from({ length: 1000 }, (_, at) => at / 10);
    const { middles, counts, outside } = histogramOf(values);
    expect(outside).toBeNull();
    expect(sum(counts)).toBe(1000);
    expect(middles[0]).toBe(2.5);
    expect(counts).toEqual(new Array(20).fill(50));
  });

  test("leaves out a few that are far away, and says which", () => {
    const values = Array.from({ length: 1000 }, (_, at) => 76 + at / 2000);
    const { middles, counts, outside } = histogramOf([0.5, ...values]);
    expect(sum(counts)).toBe(1000);
    expect(outside).toEqual({ count: 1, low: 0.5, high: 76.4995 });
    expect(middles.every((middle) => middle > 75)).toBe(true);
  });

  test("keeps two groups that are apart, when neither is a few", () => {
    const values = [...new Array(50).fill(1), ...new Array(50).fill(100)];
    const { counts, outside } = histogramOf(values);
    expect(outside).toBeNull();
    expect(sum(counts)).toBe(100);
  });
});
