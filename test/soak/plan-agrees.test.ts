import { expect, test } from "vitest";
import { CONFIGURATIONS, scenarioOf } from "../tools/plan/configurations.ts";
import { plannedAndRun } from "../tools/plan/outcome.ts";

/** Share of updated devices; three standard errors of 5000 devices. */
const SHARE_TOLERANCE = 0.02;
const AIRTIME_TOLERANCE = 0.01;
const DEVICES = 5000;
const SEED = 11;

test.each(CONFIGURATIONS.map((one, index) => ({ index, one, name: JSON.stringify(one) })))(
  "plan and run agree: $name",
  { timeout: 600_000 },
  ({ index, one, name }) => {
    const { planned, run, airtimeRatio } = plannedAndRun(scenarioOf(one, DEVICES, SEED + index));
    const line = `plan ${planned.toFixed(4)} run ${run.toFixed(4)} air ${airtimeRatio.toFixed(4)}`;
    process.stdout.write(`${line}  ${name}\n`);
    expect(Math.abs(planned - run)).toBeLessThanOrEqual(SHARE_TOLERANCE);
    expect(Math.abs(airtimeRatio - 1)).toBeLessThanOrEqual(AIRTIME_TOLERANCE);
  },
);
