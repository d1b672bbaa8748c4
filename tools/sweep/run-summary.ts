import type { DeviceResult } from "#sim/fleet/result.ts";
import { makeReport, type RunFacts, reportedDevice } from "#tools/report/report.ts";
import type { Expectation, Report, ReportedCell, ReportedDevice } from "#tools/report/schema.ts";
import { simulateHere } from "#tools/run/simulate-here.ts";
import type { SimulationInput } from "#tools/run/simulation.ts";

/** What is kept of one run of a sweep. */
export interface RunSummary {
  readonly seed: number;
  readonly ok: boolean;
  readonly totals: Report["totals"];
  /** Those that failed. */
  readonly failed: readonly Expectation[];
  /** How many devices for each reason, in the order of the reasons' names. */
  readonly reasons: readonly (readonly [string, number])[];
  readonly virtualSeconds: number;
  /** Of all gateways. */
  readonly airtimeS: number;
  /** Mean over the devices. */
  readonly energyJ: number;
  /** Of its cells, one after the other: what two runs that are the same have in common. */
  readonly traceHash: string;
}

/** Runs a scenario to its end, on this thread. */
export function runToSummary(input: SimulationInput, loaded: RunFacts["loaded"]): RunSummary {
  const devices: ReportedDevice[] = [];
  const cells: ReportedCell[] = [];
  simulateHere(input, {
    onFirmware: () => {},
    onProgress: () => {},
    onDevice: (device: DeviceResult) => devices.push(reportedDevice(device)),
    onCell: ({ survey: _, ...cell }) => cells.push(cell),
  });
  const report = makeReport({
    loaded,
    seed: input.seed,
    version: "",
    options: { devices: null, firmware: "generated" },
    shard: null,
    interrupted: false,
    wallSeconds: 0,
    firmware: { sha256: "0".repeat(64), sizeBytes: 0, version: "" },
    cells,
    devices,
  });
  const failed = report.expectations.filter(({ ok }) => !ok);
  return {
    seed: input.seed,
    ok: failed.length === 0,
    totals: report.totals,
    failed,
    reasons: reasonsOf(report.devices),
    virtualSeconds: report.virtualSeconds,
    airtimeS: rounded(report.cells.reduce((sum, { airtime }) => sum + airtime.allS, 0)),
    energyJ: rounded(devices.reduce((sum, { energyJ }) => sum + energyJ, 0) / devices.length),
    traceHash: report.cells.map(({ traceHash }) => traceHash).join("-"),
  };
}

function reasonsOf(devices: readonly ReportedDevice[]): RunSummary["reasons"] {
  const counts = new Map<string, number>();
  for (const { reason } of devices) {
    if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
