import { Command, InvalidArgumentError } from "commander";
import { EXIT, InputError } from "#tools/errors.ts";
import { jsonOf, jsonOfRuns } from "#tools/report/json.ts";
import { junitOf } from "#tools/report/junit.ts";
import type { Report } from "#tools/report/schema.ts";
import { loadScenario, withSettings } from "#tools/scenario/load.ts";
import { parseSetting } from "#tools/scenario/settings.ts";
import type { Terminal } from "#tools/terminal.ts";
import { execute } from "./execute.ts";
import type { FirmwareSizesOf } from "./firmware-file.ts";
import { HtmlGathering } from "./html.ts";
import { preparedRun } from "./prepared.ts";
import { commandPrefix, deviceCommandText, runCommandText } from "./replay-text.ts";
import { inputsOf, requireSeparate } from "./separate-files.ts";
import type { Shard, Simulate } from "./simulation.ts";
import { closeSinks, type OutputOptions, openSinks, outputPathsOf, type Sinks } from "./sinks.ts";
import { summaryText } from "./summary.ts";
import { shellWord } from "./words.ts";

export interface RunOptions extends OutputOptions {
  readonly firmware?: string;
  readonly key?: string;
  readonly devices?: number;
  readonly seed?: number;
  readonly repeat: number;
  readonly set?: readonly string[];
  readonly matrix?: readonly string[];
  readonly seeds?: { readonly first: number; readonly last: number };
  readonly jobs?: number;
  readonly shard?: Shard;
}

export interface RunParts {
  readonly simulate: Simulate;
  readonly firmwareSizesOf: FirmwareSizesOf;
  readonly terminal: Terminal;
  readonly version: string;
  readonly now: () => number;
  /** A signal that Ctrl-C aborts, for the time of one command. */
  readonly interruption: () => { readonly signal: AbortSignal; readonly end: () => void };
}

const DEFAULT_SCENARIO = "quick-start";
const SEED_MAX = 4_294_967_295;

export function runCommand(parts: RunParts): Command {
  return new Command("run")
    .description("runs scenarios in virtual time")
    .argument("[scenario...]", "scenario files, or names of shipped ones", [DEFAULT_SCENARIO])
    .option("--firmware <file>", "send this file instead of a generated image")
    .option("--key <pem>", "public key that has signed --firmware; without it, it is signed here")
    .option("--devices <n>", "fleet size", integer(1, 1_000_000))
    .option("--seed <n>", "decides every draw", integer(0, SEED_MAX))
    .option("--repeat <k>", "runs with this many seeds, one after the other", integer(1, 10_000), 1)
    .option("--set <key=value>", "changes a key of the scenario; again for more", collected)
    .option("--matrix <key=a,b,…>", "runs all values of a key; again for more keys", collected)
    .option("--seeds <a..b>", "runs all these seeds, as a sweep", seedRange)
    .option("--jobs <n>", "threads of a sweep; by default one per core", integer(1, 256))
    .option("--shard <i/n>", "runs only the i-th of n parts of the fleet", shardOf)
    .option("--json <file>", "writes the report")
    .option("--ndjson <file>", "writes one line per device, with its timeline")
    .option("--junit <file>", "writes the verdict for a CI system")
    .option("--trace <file>", "writes every state change of every device, by time")
    .option("--html <file>", "writes a page with pictures of the run")
    .addHelpText("after", "\nA file named - is standard output.")
    .action(async (sources: string[], options: RunOptions) => {
      process.exitCode = await runScenarios(sources, options, parts);
    });
}

/** Exit status of the whole command. */
export async function runScenarios(
  sources: readonly string[],
  options: RunOptions,
  parts: RunParts,
): Promise<number> {
  const settings = (options.set ?? []).map(parseSetting);
  const loaded = sources.map((source) => withSettings(loadScenario(source), settings));
  const [only] = loaded;
  if (isSweep(options)) {
    if (loaded.length === 1 && only !== undefined) {
      return await (await import("#tools/sweep/sweep.ts")).runSweep(only, options, parts);
    }
    throw new InputError("--matrix, --seeds and --jobs are of a sweep; give one scenario");
  }
  const runs = loaded.map((one) => preparedRun(one, options, parts));
  const isSeries = runs.length * options.repeat > 1;
  requireSeparate(outputPathsOf(options), inputsOf(options, sources));
  const sinks = openSinks(options, parts.terminal);
  // What is meant for a machine has standard output to itself.
  const say = sinks.usesStdout ? parts.terminal.err : parts.terminal.out;
  const { signal, end } = parts.interruption();
  const page = sinks.html && new HtmlGathering(isSeries);
  const reports: Report[] = [];
  try {
    for (const run of runs) {
      for (let round = 0; round < options.repeat && !signal.aborted; round++) {
        const seed = (run.resolved.seed + round) % (SEED_MAX + 1);
        const { ndjson, trace } = sinks;
        const report = await execute(run, seed, {
          ...parts,
          ndjson,
          trace,
          interrupt: signal,
          ...(page === undefined ? {} : page.listener),
        });
        reports.push(report);
        const number = isSeries ? reports.length : undefined;
        const replay = runCommandText(run, seed, options, number);
        const replayDevice = deviceCommandText(run, seed, options, number);
        page?.add(run, report, { replay, replayDevice });
        say(summaryText(report, run.scenario, replay));
      }
    }
  } finally {
    end();
  }
  if (isSeries) say(seriesText(reports));
  if (page !== undefined) sinks.html?.write(page.html());
  writeReports(sinks, reports, isSeries, options);
  if (signal.aborted) return EXIT.interrupted;
  return reports.every(isGood) ? EXIT.ok : EXIT.failed;
}

function isSweep({ matrix, seeds, jobs }: RunOptions): boolean {
  return matrix !== undefined || seeds !== undefined || jobs !== undefined;
}

function isGood({ expectations }: Report): boolean {
  return expectations.every(({ ok }) => ok);
}

function seriesText(reports: readonly Report[]): string {
  const bad = reports.filter((report) => !isGood(report));
  const list = bad.map(({ scenario, seed }) => `${scenario.name} seed ${seed}`).join(", ");
  const tail = bad.length === 0 ? "" : `; not ${list}`;
  return `${reports.length - bad.length} of ${reports.length} runs met their expectations${tail}\n`;
}

function writeReports(
  sinks: Sinks,
  reports: readonly Report[],
  isSeries: boolean,
  options: RunOptions,
): void {
  const [only] = reports;
  if (sinks.json !== undefined) {
    const pieces = isSeries || only === undefined ? jsonOfRuns(reports) : jsonOf(only);
    for (const piece of pieces) sinks.json.write(piece);
  }
  if (sinks.junit !== undefined) {
    const replay = options.json === undefined || options.json === "-" ? undefined : options.json;
    const hint = replay === undefined ? "" : `${commandPrefix()} replay ${shellWord(replay)}`;
    for (const piece of junitOf(reports, hint)) sinks.junit.write(piece);
  }
  closeSinks(sinks);
}

/** A parser of whole decimal numbers for commander. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected an integer from ${min} to ${max}`);
  };
}

/** A parser of options that may be given again. */
export function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function seedRange(text: string) {
  const [, first = 1, last = 0] = (/^(\d{1,10})\.\.(\d{1,10})$/.exec(text) ?? []).map(Number);
  if (first <= last && last <= SEED_MAX && last - first < 100_000) return { first, last };
  throw new InvalidArgumentError("expected first..last, like 1..100");
}

function shardOf(text: string): Shard {
  const [, index = 0, count = 0] = (/^(\d{1,7})\/(\d{1,7})$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count && count <= 1_000_000) return { index, count };
  throw new InvalidArgumentError("expected i/n with i from 1 to n, like 2/7");
}
