import { Worker } from "node:worker_threads";
import type { RunFacts } from "#tools/report/report.ts";
import type { SimulationInput } from "#tools/run/simulation.ts";
import type { RunSummary } from "./run-summary.ts";

/** One run. */
export interface Job {
  readonly input: SimulationInput;
  readonly loaded: RunFacts["loaded"];
}

export interface JobMessage extends Job {
  readonly job: number;
}

export type JobResult =
  | { readonly job: number; readonly summary: RunSummary }
  | { readonly job: number; readonly crash: string };

/** A run crashed: a bug. */
export class JobCrash extends Error {
  override readonly name = "JobCrash";
  readonly job: number;

  constructor(job: number, stack: string) {
    super(stack);
    this.job = job;
  }
}

export interface PoolHooks {
  /** In the order of the jobs, whichever ends first. */
  readonly onResult: (job: number, summary: RunSummary) => void;
  /** How many have ended, in any order. */
  readonly onProgress: (done: number) => void;
  readonly interrupt: AbortSignal;
}

/**
 * Runs jobs on `workers` threads. Each thread takes the next job when it is free; results come out
 * in order. Resolves early when interrupted; rejects with {@link JobCrash}.
 */
export async function runJobs(
  jobs: readonly Job[],
  workers: number,
  { onResult, onProgress, interrupt }: PoolHooks,
): Promise<void> {
  const waiting = new Map<number, RunSummary>();
  let next = 0;
  let emitted = 0;
  let done = 0;
  const take = (result: JobResult) => {
    if ("crash" in result) throw new JobCrash(result.job, result.crash);
    done += 1;
    waiting.set(result.job, result.summary);
    for (let summary = waiting.get(emitted); summary; summary = waiting.get(emitted)) {
      waiting.delete(emitted);
      onResult(emitted, summary);
      emitted += 1;
    }
    onProgress(done);
  };
  const threads = Array.from({ length: Math.min(workers, jobs.length) }, startWorker);
  const ends = threads.map(
    (thread) =>
      new Promise<void>((resolve, reject) => {
        const give = () => {
          const job = jobs[next];
          if (job === undefined || interrupt.aborted) return resolve();
          thread.postMessage({ job: next++, ...job } satisfies JobMessage);
        };
        thread.on("message", (result: JobResult) => {
          try {
            take(result);
            give();
          } catch (error) {
            reject(error);
          }
        });
        thread.on("error", reject);
        interrupt.addEventListener("abort", () => resolve());
        give();
      }),
  );
  try {
    await Promise.all(ends);
  } finally {
    for (const thread of threads) void thread.terminate();
  }
}

function startWorker(): Worker {
  const name = import.meta.url.endsWith(".ts") ? "./worker-source.mjs" : "./worker.js";
  return new Worker(new URL(name, import.meta.url));
}
