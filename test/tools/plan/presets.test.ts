import { expect, test } from "vitest";
import { resolveScenario } from "#scenarios/defaults.ts";
import { loadScenario } from "#tools/scenario/load.ts";
import { plannedAndRun } from "./outcome.ts";

/** Four standard errors, and what 20 000 trials leave open. */
const STANDARD_ERRORS = 4;
const PLAN_ERROR = 0.01;

const PRESETS = ["bench", "suburban", "edge", "basement", "gateway-gap", "late-joiner"];

test.each([...PRESETS, "radio-silent", "second-round"])("the preset %s ends as planned", (name) => {
  const { scenario } = loadScenario(name);
  const { count } = resolveScenario(scenario).devices;
  const { planned, run } = plannedAndRun(scenario);
  const standardError = Math.sqrt((planned * (1 - planned)) / count);
  expect(Math.abs(planned - run)).toBeLessThanOrEqual(PLAN_ERROR + STANDARD_ERRORS * standardError);
});

test("air time is that of every kind's campaign", () => {
  expect(plannedAndRun(loadScenario("late-answers").scenario).airtimeRatio).toBeCloseTo(1, 9);
});
