import { describe, expect, test } from "vitest";
import { rowsNeededOf } from "#tools/report/html/rows-needed.ts";
import { reported } from "./devices.ts";

/** One that lost `lost` uncoded fragments, and took `beyondM` coded ones more than that. */
const decoded = (id: number, lost: number, beyondM: number) =>
  reported(id, { fragments: { received: 100 + beyondM, lost, coded: lost + beyondM, beyondM } });

describe("fragments needed beyond the lost ones", () => {
  test("are counted over the devices that used parity and decoded", () => {
    const devices = [
      decoded(0, 5, 0),
      decoded(1, 5, 0),
      decoded(2, 5, 2),
      decoded(3, 5, 2),
      reported(4),
      reported(5, {
        state: "failed",
        missingRows: 2,
        fragments: { received: 98, lost: 9, coded: 3, beyondM: 0 },
      }),
    ];
    const { devices: count, meanBeyond, seen } = rowsNeededOf(devices);
    expect(count).toBe(4);
    expect(meanBeyond).toBe(1);
    expect(seen.slice(0, 4)).toEqual([0.5, 0, 0.5, 0]);
  });

  test("the closed form is the published one where much is lost", () => {
    const { closedForm, closedFormMean } = rowsNeededOf([decoded(0, 100, 1)]);
    // P(decoded with e extra frames), large L: 0.2888, 0.5776, 0.7701, 0.8801; mean 1.607.
    for (const [extra, expected] of [0.2888, 0.2888, 0.1925, 0.11].entries()) {
      expect(closedForm[extra]).toBeCloseTo(expected, 3);
    }
    expect(closedFormMean).toBeCloseTo(1.607, 3);
  });

  test("the closed form follows how little was lost: half of the rows hold one given column", () => {
    const { closedForm, closedFormMean } = rowsNeededOf([decoded(0, 1, 0)]);
    expect(closedForm.slice(0, 3)).toEqual([0.5, 0.25, 0.125]);
    expect(closedFormMean).toBeCloseTo(1, 9);
  });

  test("a device far beyond counts in the last bar", () => {
    const { seen } = rowsNeededOf([decoded(0, 5, 1000)]);
    expect(seen).toHaveLength(41);
    expect(seen.at(-1)).toBe(1);
  });

  test("nobody needed any", () => {
    expect(rowsNeededOf([reported(0)]).devices).toBe(0);
  });
});
