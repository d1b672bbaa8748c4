import type { RunOptions } from "./command.ts";
import type { PreparedRun } from "./prepare.ts";
import { shellWord } from "./words.ts";

/** How this program was called: from a clone, or installed. */
export function commandPrefix(): string {
  return process.env["npm_lifecycle_event"] === "start" ? "npm start --" : "fuota";
}

/** The one command that runs this again. */
export function runCommandText(
  run: PreparedRun,
  seed: number,
  { firmware, key, devices, shard, json, set = [] }: Partial<RunOptions>,
  /** Of this run in a report that holds several, from 1. */
  number?: number,
): string {
  const isSaved = json !== undefined && json !== "-";
  const image = [
    ...(firmware === undefined ? [] : ["--firmware", firmware]),
    ...(key === undefined ? [] : ["--key", key]),
  ];
  const words = isSaved
    ? ["replay", json, ...(number === undefined ? [] : ["--run", String(number)]), ...image]
    : [
        ...["run", run.loaded.source, "--seed", String(seed)],
        ...set.flatMap((text) => ["--set", text]),
        ...(devices === undefined ? [] : ["--devices", String(devices)]),
        ...(shard === undefined ? [] : ["--shard", `${shard.index}/${shard.count}`]),
        ...image,
      ];
  return `${commandPrefix()} ${words.map(shellWord).join(" ")}`;
}

/** What shows one device of that run again, up to its number; a report is written if none is yet. */
export function deviceCommandText(
  run: PreparedRun,
  seed: number,
  options: Partial<RunOptions>,
  number?: number,
): string {
  const text = runCommandText(run, seed, options, number);
  const { json } = options;
  if (json !== undefined && json !== "-") return `${text} --device`;
  const saved = runCommandText(run, seed, { ...options, json: "report.json" });
  return `${text} --json report.json; ${saved} --device`;
}
