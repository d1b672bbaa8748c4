import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { Report } from "#tools/report/schema.ts";
import { expectedShareOf } from "./expected.ts";
import type { Section } from "./sections.ts";

export interface SeriesRun {
  readonly report: Report;
  readonly scenario: ResolvedScenario;
  readonly replay: string;
}

/** Several runs on one page: a line each. */
export function seriesSections(runs: readonly SeriesRun[]): readonly Section[] {
  const shares = new Map<ResolvedScenario, number | undefined>();
  for (const { report, scenario } of runs) {
    if (shares.has(scenario)) continue;
    // Nothing foretells what becomes of those who pull.
    const isForetold = scenario.pull.length === 0;
    shares.set(scenario, isForetold ? expectedShareOf(scenario, report) : undefined);
  }
  const rows = runs.map((run) => {
    const { report, replay } = run;
    const share = shares.get(run.scenario);
    const { scenario, seed, totals, expectations, virtualSeconds } = report;
    return [
      scenario.name,
      String(seed),
      totals.devices,
      share === undefined ? "–" : tenths(100 * share),
      updatedPercent(report),
      tenths(virtualSeconds / 360) / 10,
      expectations.every(({ ok }) => ok),
      replay,
    ];
  });
  const table: Section = {
    title: "Runs",
    note: "Expected: the mean of simulated devices with the real parity rows, the scenario's losses and its set-up.",
    head: [
      ...["scenario", "seed", "devices", "expected updated, %", "updated, %", "virtual time, h"],
      ...["expectations met", "replay"],
    ],
    rows,
  };
  return [table];
}

function updatedPercent({ totals: { updated, devices } }: Report): number {
  return tenths((100 * updated) / Math.max(1, devices));
}

function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}
