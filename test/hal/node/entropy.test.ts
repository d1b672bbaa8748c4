import { expect, test } from "vitest";
import { SystemEntropy } from "#hal/node/entropy.ts";

const entropy = new SystemEntropy();

test.each([1, 2, 3, 7, 256, 1000])("below %i: in range, and every small value comes", (bound) => {
  const seen = new Set<number>();
  for (let index = 0; index < 200 * Math.min(bound, 100); index++) {
    const value = entropy.below("test", bound);
    expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
    seen.add(value);
  }
  // Missing one of 7 values in 1400 draws happens once in 10^93 runs.
  if (bound <= 7) expect(seen.size).toBe(bound);
});

test("the largest bound reaches both halves of its range, and the low bits too", () => {
  const values = Array.from({ length: 200 }, () => entropy.below("test", 2 ** 53));
  expect(values.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
  expect(values.some((value) => value >= 2 ** 52)).toBe(true);
  expect(values.some((value) => value < 2 ** 52)).toBe(true);
  expect(new Set(values.map((value) => value % 2)).size).toBe(2);
  expect(new Set(values).size).toBe(values.length);
});

test.each([0, -1, 1.5, 2 ** 53 + 2, Number.NaN, Number.POSITIVE_INFINITY])(
  "a bound of %d is a mistake of the caller",
  (bound) => expect(() => entropy.below("test", bound)).toThrow(RangeError),
);
