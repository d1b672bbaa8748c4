import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import type { CellSummary } from "#sim/fleet/run.ts";
import type { Report } from "#tools/report/schema.ts";
import { type Progress, sumProgress } from "./progress.ts";
import type { Shard, Simulate, SimulationInput } from "./simulation.ts";

/** What a worker says. */
export type WorkerMessage =
  | { readonly type: "firmware"; readonly firmware: Report["firmware"] }
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "device"; readonly device: DeviceResult }
  | { readonly type: "cell"; readonly cell: CellSummary };

/** More workers than this cost more to start than they save. */
const WORKERS_MAX = 16;

/**
 * Spreads the cells of a fleet over the processor's cores. The simulation never yields, so it has to
 * leave this thread free for the progress line and Ctrl-C.
 */
export const simulateInWorkers: Simulate = (input, listener) => {
  const shards = shardsFor(input);
  const workers = shards.map((shard) => startWorker({ ...input, shard }));
  const progressByWorker = new Map<number, Progress>();
  let isStopped = false;
  const ends = workers.map(
    (worker, index) =>
      new Promise<void>((resolve, reject) => {
        worker.on("message", (message: WorkerMessage) => {
          if (isStopped) return;
          if (message.type === "progress") {
            progressByWorker.set(index, message.progress);
            // Until all have spoken, the sum would be of a part of the fleet.
            if (progressByWorker.size < workers.length) return;
            listener.onProgress(sumProgress([...progressByWorker.values()]));
            return;
          }
          if (message.type === "device") return listener.onDevice(message.device);
          if (message.type === "cell") return listener.onCell(message.cell);
          listener.onFirmware(message.firmware);
        });
        worker.on("error", reject);
        worker.on("exit", () => resolve());
      }),
  );
  const stopAll = () => {
    isStopped = true;
    for (const worker of workers) void worker.terminate();
  };
  return {
    finished: Promise.all(ends).then(
      () => !isStopped,
      (error: unknown) => {
        stopAll();
        throw error;
      },
    ),
    stop: stopAll,
  };
};

function startWorker(input: SimulationInput): Worker {
  const name = import.meta.url.endsWith(".ts") ? "./worker-source.mjs" : "./worker.js";
  return new Worker(new URL(name, import.meta.url), { workerData: input });
}

/** The wanted shard, cut further: cell c belongs to shard `c mod count`. */
function shardsFor({ scenario, shard, eventsMax }: SimulationInput): readonly Shard[] {
  const { count, perCell } = resolveScenario(scenario).devices;
  const whole = shard ?? { index: 1, count: 1 };
  const cells = Math.ceil(Math.ceil(count / perCell) / whole.count);
  const limit = eventsMax === undefined ? WORKERS_MAX : 1;
  const parts = Math.max(1, Math.min(availableParallelism(), cells, limit));
  return Array.from({ length: parts }, (_, part) => ({
    index: whole.index + whole.count * part,
    count: whole.count * parts,
  }));
}
