import { InputError } from "#tools/errors.ts";
import type { LoadedScenario } from "#tools/scenario/load.ts";
import { makeReport } from "./report.ts";
import type { Report } from "./schema.ts";

export interface ShardReport {
  readonly path: string;
  readonly report: Report;
}

/** What every shard of one run has in common. */
const COMMON = [
  ["scenario.sha256", (report: Report) => report.scenario.sha256],
  ["seed", (report: Report) => String(report.seed)],
  ["version", (report: Report) => report.version],
  ["options", (report: Report) => JSON.stringify(report.options)],
  ["firmware", (report: Report) => JSON.stringify(report.firmware)],
  ["shard.count", (report: Report) => String(report.shard?.count)],
] as const;

/**
 * The report of the whole run from those of all its shards: the same bytes that the run would have
 * written unsharded, but for the wall time. Throws `InputError` when they do not belong together.
 */
export function mergeReports(
  shards: readonly ShardReport[],
  loaded: Pick<LoadedScenario, "scenario" | "text" | "sha256">,
): Report {
  const [first] = shards;
  if (first === undefined) throw new RangeError("nothing to merge");
  for (const { path, report } of shards) {
    if (report.shard === null) throw new InputError(`${path}: is a whole run, not a shard`);
    if (report.interrupted) throw new InputError(`${path}: was interrupted; run that shard again`);
    for (const [name, read] of COMMON) {
      if (read(report) === read(first.report)) continue;
      throw new InputError(`${path}: ${name} is not that of ${first.path}`);
    }
  }
  checkComplete(shards, first.report.shard?.count ?? 0);
  const { seed, version, options, firmware } = first.report;
  return makeReport({
    loaded,
    seed,
    version,
    options,
    shard: null,
    interrupted: false,
    wallSeconds: shards.reduce((sum, { report }) => sum + report.wallSeconds, 0),
    firmware,
    cells: shards.flatMap(({ report }) => report.cells),
    devices: shards.flatMap(({ report }) => report.devices),
  });
}

function checkComplete(shards: readonly ShardReport[], count: number): void {
  const pathByIndex = new Map<number, string>();
  for (const { path, report } of shards) {
    const index = report.shard?.index ?? 0;
    const other = pathByIndex.get(index);
    if (other !== undefined) {
      throw new InputError(`${path}: is shard ${index}/${count}, like ${other}`);
    }
    pathByIndex.set(index, path);
  }
  for (let index = 1; index <= count; index++) {
    if (!pathByIndex.has(index)) throw new InputError(`shard ${index}/${count} is missing`);
  }
}
