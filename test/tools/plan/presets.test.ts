import { expect, test } from "vitest";
import { resolveScenario } from "#scenarios/defaults.ts";
import { predict } from "#tools/plan/predict.ts";
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

test("each of two troubles has devices of its own", () => {
  const faults = [10, 20].map((atFragment) => {
    return { kind: "deaf", share: 0.5, when: { atFragment }, forS: 1e6 } as const;
  });
  const scenario = resolveScenario({ ...loadScenario("bench").scenario, faults });
  const { updatedShare } = predict(scenario, 32_768, { trials: 4000, seed: 1 });
  expect(updatedShare).toBeCloseTo(0.25, 1);
});
