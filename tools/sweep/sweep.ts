import { availableParallelism } from "node:os";
import { EXIT, InputError } from "#tools/errors.ts";
import type { RunOptions, RunParts } from "#tools/run/command.ts";
import { type PreparedRun, preparedRun } from "#tools/run/prepared.ts";
import { commandPrefix } from "#tools/run/replay-text.ts";
import { inputsOf, requireSeparate } from "#tools/run/separate-files.ts";
import { openSink, type Sink } from "#tools/run/sink.ts";
import { shellWord } from "#tools/run/words.ts";
import type { LoadedScenario } from "#tools/scenario/load.ts";
import { valueText } from "#tools/scenario/settings.ts";
import { axesOf, type Configuration, configurationsOf } from "./matrix.ts";
import { sweepPage } from "./page.ts";
import { type Job, JobCrash, runJobs } from "./pool.ts";
import type { RunSummary } from "./run-summary.ts";
import type { SweepReport } from "./schema.ts";
import { sweepText } from "./sweep-text.ts";
import { sweptConfiguration } from "./swept.ts";

const SEED_MAX = 4_294_967_295;
const CLEAR_LINE = "\r\u001B[K";

/** Runs every configuration with every seed. Returns the exit status. */
export async function runSweep(
  loaded: LoadedScenario,
  options: RunOptions,
  parts: RunParts,
): Promise<number> {
  const axes = axesOf(options.matrix ?? []);
  const configurations = configurationsOf(loaded, axes);
  const runs = configurations.map((one) => preparedRun(one.loaded, options, parts));
  const seeds = seedsOf(options, runs[0]?.resolved.seed ?? 1);
  const jobs = runs.flatMap((run) => seeds.map((seed) => jobOf(run, seed)));
  const sinks = openSinks(options, loaded.source, parts.terminal.out);
  const { signal, end } = parts.interruption();
  const startedMs = parts.now();
  const summaries: RunSummary[] = [];
  const { terminal } = parts;
  try {
    await runJobs(jobs, options.jobs ?? availableParallelism(), {
      onResult: (job, summary) => {
        summaries.push(summary);
        const one = configurations[Math.floor(job / seeds.length)];
        sinks.ndjson?.write(`${JSON.stringify({ values: one?.labels, ...summary })}\n`);
      },
      onProgress: (done) => {
        if (terminal.isInteractive) terminal.err(`${CLEAR_LINE}${done} of ${jobs.length} runs`);
      },
      interrupt: signal,
    });
  } catch (error) {
    throw crashOf(error, jobs);
  } finally {
    end();
    if (terminal.isInteractive) terminal.err(CLEAR_LINE);
  }
  const report: SweepReport = {
    schemaVersion: 1,
    kind: "sweep",
    version: parts.version,
    scenario: { name: loaded.scenario.name, sha256: loaded.sha256, text: loaded.text },
    axes: axes.map(({ path, labels }) => ({ path, values: [...labels] })),
    seeds: [...seeds],
    interrupted: signal.aborted,
    wallSeconds: Math.round(parts.now() - startedMs) / 1000,
    configurations: configurations.map((one, index) => {
      const own = summaries.slice(index * seeds.length, (index + 1) * seeds.length);
      return sweptConfiguration(one.labels, replayOf(one, options), own);
    }),
  };
  const usesStdout = [options.json, options.ndjson, options.html].includes("-");
  (usesStdout ? terminal.err : terminal.out)(sweepText(report));
  sinks.json?.write(`${JSON.stringify(report, undefined, 1)}\n`);
  sinks.html?.write(sweepPage(report));
  for (const sink of Object.values(sinks)) sink?.close();
  if (signal.aborted) return EXIT.interrupted;
  return summaries.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
}

function seedsOf({ seeds, repeat }: RunOptions, first: number): readonly number[] {
  if (seeds !== undefined) {
    return Array.from({ length: seeds.last - seeds.first + 1 }, (_, at) => seeds.first + at);
  }
  return Array.from({ length: repeat }, (_, at) => (first + at) % (SEED_MAX + 1));
}

function jobOf({ scenario, loaded, firmware }: PreparedRun, seed: number): Job {
  const input = { scenario, seed, firmware, shard: undefined, eventsMax: undefined };
  const { text, sha256 } = loaded;
  return { input, loaded: { scenario, text, sha256 } };
}

function replayOf({ settings, loaded }: Configuration, options: RunOptions): string {
  const { firmware, key, devices } = options;
  const words = [
    ...["run", loaded.source],
    ...(options.set ?? []).flatMap((text) => ["--set", text]),
    ...settings.flatMap(({ path, value }) => ["--set", `${path}=${valueText(value)}`]),
    ...(devices === undefined ? [] : ["--devices", String(devices)]),
    ...(firmware === undefined ? [] : ["--firmware", firmware]),
    ...(key === undefined ? [] : ["--key", key]),
    ...["--seed", "SEED"],
  ];
  return `${commandPrefix()} ${words.map(shellWord).join(" ")}`;
}

/** A bug is found again by scenario and seed. */
function crashOf(error: unknown, jobs: readonly Job[]): unknown {
  if (!(error instanceof JobCrash)) return error;
  const job = jobs[error.job];
  const where = `${job?.input.scenario.name} with seed ${job?.input.seed}`;
  return new Error(`crashed in ${where}\n${job?.loaded.text}\n${error.message}`, { cause: error });
}

function openSinks(options: RunOptions, source: string, stdout: (text: string) => void) {
  const { json, ndjson, html, junit, trace, shard } = options;
  const refused = { "--junit": junit, "--trace": trace, "--shard": shard };
  for (const [name, given] of Object.entries(refused)) {
    if (given !== undefined) throw new InputError(`${name}: is of one run, not of a sweep`);
  }
  requireSeparate([json, ndjson, html], inputsOf(options, [source]));
  const open = (path: string | undefined): Sink | undefined =>
    path === undefined ? undefined : openSink(path, stdout);
  return { json: open(json), ndjson: open(ndjson), html: open(html) };
}
