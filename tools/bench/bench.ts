import { Command, Option } from "commander";
import { InputError } from "../errors.ts";
import type { BenchResult, BenchRow } from "./bench-row.ts";
import { runCold } from "./cold.ts";
import { fecRows } from "./fec-bench.ts";
import { fleetRows } from "./fleet-bench.ts";
import { pullRows } from "./pull-bench.ts";
import { sweepRows } from "./sweep-bench.ts";

/** Every row of the benchmark, in the order they run. */
const rows: readonly BenchRow[] = [...fecRows, ...fleetRows, ...pullRows, ...sweepRows];

const SCHEMA_VERSION = 1;

interface BenchCommandOptions {
  readonly json?: true;
  readonly peer: readonly string[];
  readonly rows?: readonly string[];
  readonly cold?: string;
}

/** `fuota bench`: how fast, and compared with what. */
export function benchCommand(): Command {
  return new Command("bench")
    .description("the benchmarks")
    .option("--json", "one JSON object instead of a table")
    .option(
      "--peer <command>",
      "times another program on the same sessions (repeatable)",
      collect,
      [],
    )
    .option("--rows <names...>", `only these: ${rows.map(({ name }) => name).join(" ")}`)
    .addOption(new Option("--cold <file>", "runs one session file once").hideHelp())
    .action((options: BenchCommandOptions) => runBench(options, chosenRows(options)));
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function rowNamed(name: string): BenchRow {
  const row = rows.find((candidate) => candidate.name === name);
  if (row !== undefined) return row;
  throw new InputError(`no row ${name}; there are ${rows.map((each) => each.name).join(", ")}`);
}

function chosenRows(options: BenchCommandOptions): readonly BenchRow[] {
  return options.rows?.map(rowNamed) ?? rows.filter(({ onRequest }) => !onRequest);
}

async function runBench(options: BenchCommandOptions, chosen: readonly BenchRow[]): Promise<void> {
  if (options.cold !== undefined) {
    process.stdout.write(`${runCold(options.cold)}\n`);
    return;
  }
  const results: BenchResult[] = [];
  for (const row of chosen) {
    const result = await row.run({ peers: options.peer });
    results.push(result);
    if (!options.json) process.stdout.write(formatResult(result));
  }
  if (!options.json) return;
  const { version: node, arch, platform } = process;
  const report = { schemaVersion: SCHEMA_VERSION, node, arch, platform, rows: results };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

function formatResult(result: BenchResult): string {
  const { name, what, ms, coldMs, notes = [], compared } = result;
  const cold = coldMs === undefined ? "" : `, first run of a process ${formatMs(coldMs)}`;
  const lines = [`${name}: ${formatMs(ms)}${cold}   (${what})`];
  if (notes.length > 0) lines.push(`  ${notes.join(", ")}`);
  for (const peer of compared) {
    lines.push(`  ${peer.ratio.toFixed(1).padStart(7)} x  ${formatMs(peer.ms)}  ${peer.name}`);
  }
  return `${lines.join("\n")}\n`;
}

function formatMs(ms: number): string {
  return `${ms < 1 ? ms.toFixed(4) : ms.toFixed(2)} ms`;
}
