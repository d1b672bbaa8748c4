import { performance } from "node:perf_hooks";

/**
 * Preloaded into a process: its clock and its timers run FUOTA_TEST_SPEED times as fast since
 * FUOTA_TEST_EPOCH_MS, so that processes with the same two live in the same faster world.
 *
 * A timer never comes in less than a moment of real time: what waits for another process waits for
 * the machine, which is not any faster.
 */
const speed = Number(process.env["FUOTA_TEST_SPEED"] ?? 1);
const epochMs = Number(process.env["FUOTA_TEST_EPOCH_MS"] ?? 0);
const MOMENT_MS = 400;

if (speed !== 1) {
  const RealDate = Date;
  const realNow = performance.now.bind(performance);
  const realSetTimeout = setTimeout;
  const realSetInterval = setInterval;
  const nowMs = () => Math.floor(epochMs + (RealDate.now() - epochMs) * speed);
  const realMs = (ms: number | undefined = 0) =>
    ms <= MOMENT_MS ? ms : Math.max(MOMENT_MS, ms / speed);

  globalThis.Date = class extends RealDate {
    constructor(at: number | string = nowMs()) {
      super(at);
    }
    static override now = nowMs;
  } as DateConstructor;
  performance.now = () => realNow() * speed;
  globalThis.setTimeout = Object.assign(
    (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
      realSetTimeout(run, realMs(ms), ...args),
    realSetTimeout,
  );
  globalThis.setInterval = ((run: () => void, ms?: number) =>
    realSetInterval(run, realMs(ms))) as typeof setInterval;
}
