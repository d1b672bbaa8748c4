import { parseScenario } from "#tools/scenario/load.ts";
import { runJobs } from "#tools/sweep/pool.ts";
import { median } from "#tools/sweep/statistics.ts";
import type { BenchResult, BenchRow } from "./bench-row.ts";

const SEEDS = 100;
const PAIRS = 5;
const SCENARIO = `name: bench-sweep
devices: { count: 40 }
campaign: { redundancyPercent: 25 }
air: { multicastLoss: { model: bernoulli, probability: 0.1 } }
expect: { updated: all }
`;

/** A sweep of a hundred seeds on one worker thread and on two, in turn. */
export const sweepRows: readonly BenchRow[] = [
  {
    name: "sweep-two-workers",
    what: `${SEEDS} seeds of 40 devices, on one worker and on two, median of ${PAIRS}`,
    onRequest: true,
    run: runSweeps,
  },
];

async function runSweeps(): Promise<BenchResult> {
  const one: number[] = [];
  const two: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    one.push(await sweepMs(1));
    two.push(await sweepMs(2));
  }
  const ratios = two.map((ms, pair) => ms / (one[pair] ?? Number.NaN));
  const [row] = sweepRows;
  return {
    name: row?.name ?? "",
    what: row?.what ?? "",
    ms: median(two),
    notes: [
      `one worker ${median(one).toFixed(0)} ms`,
      `two take ${median(ratios).toFixed(3)} of one (${ratios.map((ratio) => ratio.toFixed(2)).join(" ")})`,
    ],
    compared: [],
  };
}

/** From nothing: the threads are started too. */
async function sweepMs(workers: number): Promise<number> {
  const { scenario, text, sha256 } = parseScenario(SCENARIO, "the benchmark");
  const jobs = Array.from({ length: SEEDS }, (_, at) => ({
    input: { scenario, seed: 1 + at, firmware: undefined, shard: undefined, eventsMax: undefined },
    loaded: { scenario, text, sha256 },
  }));
  const interrupt = new AbortController().signal;
  const startedMs = performance.now();
  await runJobs(jobs, workers, { onResult: () => {}, onProgress: () => {}, interrupt });
  return performance.now() - startedMs;
}
