import { expect, test } from "vitest";
import { CONFIGURATIONS, scenarioOf } from "./configurations.ts";
import { plannedAndRun } from "./outcome.ts";

/** A few of the configurations, small: all of them, with thousands of devices, are a soak test. */
const DEVICES = 400;
/** Of the planned share itself. */
const PLAN_ERROR = 0.01;
/** Four standard errors: one run in 16 000 is further off. */
const STANDARD_ERRORS = 4;
const REGIONS = ["US915", "AU915", "AS923-1", "EU868"];

test.each(
  REGIONS.map((region) => {
    const one = CONFIGURATIONS.find((other) => (other.region ?? "EU868") === region);
    if (one === undefined) throw new RangeError(`no configuration in ${region}`);
    return { region, one };
  }),
)("plan and run agree in $region", ({ one }) => {
  const { planned, run, airtimeRatio } = plannedAndRun(scenarioOf(one, DEVICES, 3));
  const standardError = Math.sqrt((planned * (1 - planned)) / DEVICES);
  expect(planned).toBeGreaterThan(0.2);
  expect(planned).toBeLessThan(0.95);
  expect(Math.abs(planned - run)).toBeLessThan(PLAN_ERROR + STANDARD_ERRORS * standardError);
  expect(Math.abs(airtimeRatio - 1)).toBeLessThan(0.01);
});
