import type { Scenario } from "#scenarios/schema.ts";
import { type Count, satisfies } from "#tools/run/count.ts";
import type { Expectation, Report, ReportedDevice } from "./schema.ts";

/** Disjoint; together they are the fleet. */
const deviceStates = ["updated", "failed", "rolledBack", "bricked", "neverReached"] as const;

export function totalsOf(devices: readonly ReportedDevice[]): Report["totals"] {
  const totals = { devices: 0, updated: 0, failed: 0, rolledBack: 0, bricked: 0, neverReached: 0 };
  for (const { state } of devices) {
    totals.devices += 1;
    totals[state] += 1;
  }
  return totals;
}

/**
 * The verdict on a whole fleet, one line per expectation, in a fixed order. That nobody is bricked is
 * expected of every run that does not say otherwise.
 */
export function evaluate(
  expect: Scenario["expect"],
  devices: readonly ReportedDevice[],
  virtualSeconds: number,
): Expectation[] {
  const totals = totalsOf(devices);
  const verdicts: Expectation[] = [];
  const judge = (name: string, wanted: Count | undefined, actual: number) => {
    if (wanted === undefined) return;
    verdicts.push({
      name,
      ok: satisfies(wanted, actual, devices.length),
      expected: wanted,
      actual,
    });
  };
  const bricked = expect.bricked ?? (totals.bricked > 0 ? 0 : undefined);
  const wanted = { ...expect, bricked };
  for (const state of deviceStates) judge(state, wanted[state], totals[state]);
  judge("serverComplete", expect.serverComplete, devices.filter((d) => d.serverComplete).length);
  const { shortOfRowsMin, chunksMax, virtualSecondsMax } = expect;
  if (shortOfRowsMin !== undefined) {
    const actual = leastMissingRows(devices);
    const ok = actual >= shortOfRowsMin;
    verdicts.push({ name: "shortOfRowsMin", ok, expected: shortOfRowsMin, actual });
  }
  if (chunksMax !== undefined) {
    const actual = devices.reduce((most, { pull }) => Math.max(most, pull?.chunks ?? 0), 0);
    verdicts.push({ name: "chunksMax", ok: actual <= chunksMax, expected: chunksMax, actual });
  }
  if (virtualSecondsMax !== undefined) {
    const ok = virtualSeconds <= virtualSecondsMax;
    verdicts.push({
      name: "virtualSecondsMax",
      ok,
      expected: virtualSecondsMax,
      actual: virtualSeconds,
    });
  }
  return verdicts;
}

/** Over the failed devices; 0 when there are none, so that "they were short" cannot pass unseen. */
function leastMissingRows(devices: readonly ReportedDevice[]): number {
  let least: number | undefined;
  for (const { state, missingRows } of devices) {
    if (state === "failed") least = Math.min(least ?? missingRows, missingRows);
  }
  return least ?? 0;
}
