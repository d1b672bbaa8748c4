import { parentPort } from "node:worker_threads";
import type { JobMessage, JobResult } from "./pool.ts";
import { runToSummary } from "./run-summary.ts";

/** A worker thread of a sweep: one job after the other, the code loaded once. */
parentPort?.on("message", ({ job, input, loaded }: JobMessage) => {
  const answer = (result: JobResult) => parentPort?.postMessage(result);
  try {
    answer({ job, summary: runToSummary(input, loaded) });
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    answer({ job, crash: stack });
  }
});
