import { expect, test } from "vitest";
import { energyJ, NS3_CURRENTS } from "#sim/air/energy.ts";

const HOUR_US = 3_600_000_000;
const none = { txUs: 0, rxUs: 0, standbyUs: 0 };

test.each([
  ["transmitting", { ...none, txUs: HOUR_US }, 0.028],
  ["receiving", { ...none, rxUs: HOUR_US }, 0.0112],
  ["standing by", { ...none, standbyUs: HOUR_US }, 0.0014],
  ["asleep", none, 1.5e-6],
])("an hour %s", (_, time, amperes) => {
  expect(energyJ(time, HOUR_US)).toBeCloseTo(3.3 * amperes * 3600, 9);
});

test("modes add up, sleep fills the rest", () => {
  const time = { txUs: 1e6, rxUs: 2e6, standbyUs: 3e6 };
  const joules = 3.3 * (0.028 + 2 * 0.0112 + 3 * 0.0014 + 94 * 1.5e-6);
  expect(energyJ(time, 100e6)).toBeCloseTo(joules, 12);
});

test("another current model", () => {
  const doubled = { ...NS3_CURRENTS, supplyMv: 6600 };
  expect(energyJ(none, HOUR_US, doubled)).toBeCloseTo(2 * energyJ(none, HOUR_US), 12);
});
