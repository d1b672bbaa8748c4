import type { DeviceResult } from "#sim/fleet/result.ts";
import type { LoadedScenario } from "#tools/scenario/load.ts";
import { evaluate, totalsOf } from "./expectations.ts";
import type { Report, ReportedCell, ReportedDevice } from "./schema.ts";

/** What is known when a run ends, whole or not. */
export interface RunFacts {
  readonly loaded: Pick<LoadedScenario, "scenario" | "text" | "sha256">;
  readonly seed: number;
  readonly version: string;
  readonly options: Report["options"];
  readonly shard: Report["shard"];
  readonly interrupted: boolean;
  readonly wallSeconds: number;
  readonly firmware: Report["firmware"];
  /** In any order. */
  readonly cells: readonly ReportedCell[];
  /** In any order. */
  readonly devices: readonly ReportedDevice[];
}

export function makeReport(facts: RunFacts): Report {
  const { loaded, seed, version, options, shard, interrupted, wallSeconds, firmware } = facts;
  const cells = facts.cells.toSorted((a, b) => a.index - b.index);
  const devices = facts.devices.toSorted((a, b) => a.id - b.id);
  const virtualSeconds = cells.reduce((most, cell) => Math.max(most, cell.virtualSeconds), 0);
  const isWhole = shard === null && !interrupted;
  return {
    schemaVersion: 1,
    scenario: { name: loaded.scenario.name, sha256: loaded.sha256, text: loaded.text },
    seed,
    version,
    options,
    shard,
    interrupted,
    virtualSeconds,
    wallSeconds,
    firmware,
    totals: totalsOf(devices),
    expectations: isWhole ? evaluate(loaded.scenario.expect, devices, virtualSeconds) : [],
    cells,
    devices,
  };
}

/** The row of a device in the report: everything but its timeline. */
export function reportedDevice(device: DeviceResult): ReportedDevice {
  const { timeline: _, fragments, pull, ...row } = device;
  const figures = pull === undefined ? {} : { pull: { ...pull } };
  return { ...row, fragments: { ...fragments }, ...figures };
}
