import { parentPort, workerData } from "node:worker_threads";
import { simulateHere } from "./simulate-here.ts";
import type { WorkerMessage } from "./simulate-in-workers.ts";

/** A worker thread: simulates one part of a fleet and tells what it learns. */
const PROGRESS_INTERVAL_MS = 100;

let shownMs = Number.NEGATIVE_INFINITY;
const tell = (message: WorkerMessage) => parentPort?.postMessage(message);

simulateHere(workerData, {
  onFirmware: (firmware) => tell({ type: "firmware", firmware }),
  onProgress: (progress) => {
    if (performance.now() - shownMs < PROGRESS_INTERVAL_MS) return;
    shownMs = performance.now();
    tell({ type: "progress", progress });
  },
  onDevice: (device) => tell({ type: "device", device }),
  onCell: (cell) => tell({ type: "cell", cell }),
});
