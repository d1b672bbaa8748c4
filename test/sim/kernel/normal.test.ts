import { expect, test } from "vitest";
import { draw32, drawKey } from "#sim/kernel/draws.ts";
import { log10 } from "#sim/kernel/logarithm.ts";
import { normalOf } from "#sim/kernel/normal.ts";

/** Abramowitz and Stegun 26.2.17; within 7.5e-8. */
function normalCdf(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * Math.abs(z));
  const series =
    t *
    (0.319_381_53 +
      t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z >= 0 ? 1 - tail : tail;
}

test.each([0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.998, 0.9999, 0.999_99, 0.999_999])(
  "the quantile of the upper half at %d",
  (unit) => {
    const z = normalOf(Math.floor(unit * 0x8000_0000));
    expect(Math.abs(normalCdf(z) - (0.5 + unit / 2))).toBeLessThan(1e-4);
    expect(normalOf(0x8000_0000 + Math.floor(unit * 0x8000_0000))).toBe(-z);
  },
);

test("it never falls along the draws, and ends below 6", () => {
  let before = -1;
  for (let draw = 0; draw < 0x8000_0000; draw += 0x1_2345) {
    const z = normalOf(draw);
    expect(z).toBeGreaterThanOrEqual(before);
    before = z;
  }
  expect(normalOf(0x7fff_ffff)).toBeGreaterThan(5);
  expect(normalOf(0x7fff_ffff)).toBeLessThan(6);
});

test("mean, deviation and tails of 200 000 draws", () => {
  const key = drawKey(1, 1, "normal");
  const values = Array.from({ length: 200_000 }, (_, index) => normalOf(draw32(key, index)));
  const mean = values.reduce((sum, z) => sum + z, 0) / values.length;
  const square = values.reduce((sum, z) => sum + z * z, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(Math.abs(square - 1)).toBeLessThan(0.015);
  for (const bound of [-2, -1, 0, 1, 2]) {
    const share = values.filter((z) => z < bound).length / values.length;
    expect(Math.abs(share - normalCdf(bound))).toBeLessThan(0.004);
  }
});

test.each([1e-9, 0.1, 0.5, 1, 1.999_999, 2, 3, 10, 1000, 12_345.678, 1e15])(
  "log10 of %d",
  (value) => {
    expect(log10(value)).toBeCloseTo(Math.log10(value), 11);
  },
);

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("log10 of %d is a bug", (value) => {
  expect(() => log10(value)).toThrow(RangeError);
});
