import { describe, expect, test } from "vitest";
import { resolveScenario } from "#scenarios/defaults.ts";
import { expectedOf } from "#tools/report/html/expected.ts";
import { loadScenario } from "#tools/scenario/load.ts";
import { reported } from "./devices.ts";

const SENT_BYTES = 32_768;

function expectedFor(name: string, updated = 36, devices = 40) {
  const scenario = resolveScenario(loadScenario(name).scenario);
  const rows = Array.from({ length: devices }, (_, id) =>
    reported(id, id < updated ? {} : { state: "failed", reason: "shortOfRows" }),
  );
  return expectedOf(scenario, SENT_BYTES, { seed: 1, devices: rows });
}

describe("the expected completion beside the actual one", () => {
  test("independent bursts: real rows, closed form, and what chance may do", () => {
    const { kinds, share, fleetChance, spread, rowsBeyond, leftOut } = expectedFor("basement");
    const [kind] = kinds;
    expect(kinds).toHaveLength(1);
    expect(kind).toMatchObject({ name: "device", devices: 40, updated: 36 });
    expect(share).toBeCloseTo(0.91, 1);
    expect(Math.abs(share - (kind?.closedForm ?? 0))).toBeLessThan(0.01);
    expect(fleetChance).toBeLessThan(0.1);
    // Two standard deviations of 40 draws at 0.91.
    expect(spread).toBeCloseTo(0.09, 2);
    expect(rowsBeyond.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
    expect(rowsBeyond[0]).toBeCloseTo(0.28, 1);
    expect(leftOut).toEqual([]);
  });

  test("a gap that all share has no closed form, and no spread of devices for themselves", () => {
    const { kinds, share, spread } = expectedFor("gateway-gap", 40);
    expect(kinds[0]?.closedForm).toBeNull();
    expect(share).toBe(1);
    expect(spread).toBeNull();
  });

  test("devices that fall silent are as many as the scenario says", () => {
    const { share, kinds } = expectedFor("radio-silent", 30);
    expect(share).toBeCloseTo(0.75, 1);
    expect(kinds[0]?.closedForm).toBeNull();
  });

  test("a replayed trace has no closed form, but real rows", () => {
    const { kinds, rowsBeyond } = expectedFor("late-joiner", 20, 20);
    expect(kinds[0]?.closedForm).toBeNull();
    // All lose the same, and use the same rows.
    expect(rowsBeyond.filter((one) => one > 0)).toEqual([1]);
  });

  test("several rounds have no closed form, which is of one", () => {
    const { share, kinds } = expectedFor("second-round", 30, 30);
    expect(share).toBeGreaterThan(0.95);
    expect(kinds[0]?.closedForm).toBeNull();
  });

  test("an image that nobody takes", () => {
    const { share, fleetChance } = expectedFor("bad-signature", 0);
    expect(share).toBe(0);
    expect(fleetChance).toBe(0);
  });
});
