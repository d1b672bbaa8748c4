import { availableParallelism } from "node:os";
import { type LoadedScenario, loadScenario, parseScenario } from "#tools/scenario/load.ts";
import { runJobs } from "#tools/sweep/pool.ts";
import { median } from "#tools/sweep/statistics.ts";
import type { BenchResult, BenchRow } from "./bench-row.ts";

const SEEDS = 100;
const PAIRS = 5;
/** So short that starting a worker, and compiling for it, counts. */
const SHORT = `name: bench-sweep
devices: { count: 40 }
campaign: { redundancyPercent: 25 }
air: { multicastLoss: { model: bernoulli, probability: 0.1 } }
expect: { updated: all }
`;

/** Sweeps of a hundred seeds on one worker thread and on two, in turn. */
export const sweepRows: readonly BenchRow[] = [
  row("sweep-two-workers", "the quick start's 200 devices", () => loadScenario("quick-start")),
  row("sweep-short-runs", "40 devices", () => parseScenario(SHORT, "the benchmark")),
];

function row(name: string, fleet: string, load: () => LoadedScenario): BenchRow {
  const what = `${SEEDS} seeds of ${fleet}, on one worker and on two, median of ${PAIRS}`;
  return {
    name,
    what,
    onRequest: true,
    run: async () => ({ name, what, ...(await runSweeps(load())), compared: [] }),
  };
}

interface Sweep {
  readonly ms: number;
  /** Of all threads of this process. */
  readonly cpuMs: number;
}

async function runSweeps(loaded: LoadedScenario): Promise<Pick<BenchResult, "ms" | "notes">> {
  const one: Sweep[] = [];
  const two: Sweep[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    one.push(await sweep(loaded, 1));
    two.push(await sweep(loaded, 2));
  }
  const ratios = two.map(({ ms }, pair) => ms / (one[pair]?.ms ?? Number.NaN));
  return {
    ms: median(two.map(({ ms }) => ms)),
    notes: [
      `one worker ${median(one.map(({ ms }) => ms)).toFixed(0)} ms`,
      `two take ${median(ratios).toFixed(3)} of one (${ratios.map((ratio) => ratio.toFixed(2)).join(" ")})`,
      floorNote(one, two),
    ],
  };
}

/**
 * V8 compiles and collects on threads of its own. Where these and one worker leave no processor
 * idle, a second worker cannot halve the time.
 */
function floorNote(one: readonly Sweep[], two: readonly Sweep[]): string {
  const cores = availableParallelism();
  const busyCores = median(one.map(({ ms, cpuMs }) => cpuMs / ms));
  const floors = two.map(({ cpuMs }, pair) => cpuMs / cores / (one[pair]?.ms ?? Number.NaN));
  return `one keeps ${busyCores.toFixed(2)} of ${cores} cores busy; the processor time of two, spread over all cores, is ${median(floors).toFixed(3)} of one's time`;
}

/** From nothing: the threads are started too. */
async function sweep({ scenario, text, sha256 }: LoadedScenario, workers: number): Promise<Sweep> {
  const jobs = Array.from({ length: SEEDS }, (_, at) => ({
    input: { scenario, seed: 1 + at, firmware: undefined, shard: undefined, eventsMax: undefined },
    loaded: { scenario, text, sha256 },
  }));
  const interrupt = new AbortController().signal;
  const startedMs = performance.now();
  const cpuAtStart = process.cpuUsage();
  await runJobs(jobs, workers, { onResult: () => {}, onProgress: () => {}, interrupt });
  const { user, system } = process.cpuUsage(cpuAtStart);
  return { ms: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
}
