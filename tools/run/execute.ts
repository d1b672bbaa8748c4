import type { DeviceResult } from "#sim/fleet/result.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import { ndjsonLine } from "#tools/report/json.ts";
import { makeReport, reportedDevice } from "#tools/report/report.ts";
import type { Report, ReportedCell, ReportedDevice } from "#tools/report/schema.ts";
import type { Terminal } from "#tools/terminal.ts";
import type { PreparedRun } from "./prepare.ts";
import { type Progress, ProgressLine, progressText } from "./progress.ts";
import type { Simulate } from "./simulation.ts";
import type { Sink } from "./sink.ts";
import { Trace } from "./trace.ts";

export interface ExecuteParts {
  readonly simulate: Simulate;
  readonly terminal: Terminal;
  readonly version: string;
  /** Wall clock, ms. */
  readonly now: () => number;
  readonly ndjson?: Sink | undefined;
  readonly trace?: Sink | undefined;
  /** Sees every device with its timeline. */
  readonly onDevice?: (device: DeviceResult) => void;
  /** Has every cell surveyed, and sees the surveys. */
  readonly onSurvey?: ((survey: CellSurvey) => void) | undefined;
  /** Aborted by Ctrl-C. */
  readonly interrupt: AbortSignal;
}

/** Runs one prepared scenario with one seed, and reports what came out. */
export async function execute(
  run: PreparedRun,
  seed: number,
  parts: ExecuteParts,
): Promise<Report> {
  const startedMs = parts.now();
  const progress = new ProgressLine(parts.terminal, run.scenario.name);
  const trace = parts.trace === undefined ? undefined : new Trace();
  const devices: ReportedDevice[] = [];
  const cells: ReportedCell[] = [];
  let firmware: Report["firmware"] | undefined;
  let lastProgress: Progress | undefined;

  const { scenario, shard, eventsMax } = run;
  const input = {
    scenario,
    seed,
    shard,
    firmware: run.firmware,
    eventsMax,
    isSurveyed: parts.onSurvey !== undefined,
  };
  const simulation = parts.simulate(input, {
    onFirmware: (facts) => {
      firmware = facts;
    },
    onProgress: (state) => {
      lastProgress = state;
      progress.show(state);
    },
    onDevice: (device: DeviceResult) => {
      devices.push(reportedDevice(device));
      parts.ndjson?.write(ndjsonLine(scenario.name, seed, device));
      trace?.add(device);
      parts.onDevice?.(device);
    },
    onCell: ({ survey, ...cell }) => {
      cells.push(cell);
      if (survey !== undefined) parts.onSurvey?.(survey);
    },
  });
  const stop = () => simulation.stop();
  parts.interrupt.addEventListener("abort", stop);
  if (parts.interrupt.aborted) stop();
  const finished = await simulation.finished
    .finally(() => {
      parts.interrupt.removeEventListener("abort", stop);
      progress.clear();
    })
    .catch((error: unknown) => {
      parts.terminal.err(`fuota: crashed in ${scenario.name} with seed ${seed}\n`);
      throw error;
    });
  if (!finished && lastProgress !== undefined) {
    parts.terminal.err(`${progressText(scenario.name, lastProgress)}\n`);
  }
  if (trace !== undefined && parts.trace !== undefined) trace.writeTo(parts.trace);
  return makeReport({
    loaded: run.loaded,
    seed,
    version: parts.version,
    options: run.options,
    shard: shard ?? null,
    interrupted: !finished,
    wallSeconds: Math.round(parts.now() - startedMs) / 1000,
    firmware: firmware ?? { sha256: "0".repeat(64), sizeBytes: 0, version: "" },
    cells,
    devices,
  });
}
