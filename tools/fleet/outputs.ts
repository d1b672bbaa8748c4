import type { DeviceResult } from "#sim/fleet/result.ts";
import { InputError } from "#tools/errors.ts";
import { Recorder } from "#tools/recording/recorder.ts";
import { RecordingFile, recordingNameOf } from "#tools/recording/recording-file.ts";
import { jsonOf, ndjsonLine } from "#tools/report/json.ts";
import type { Report } from "#tools/report/schema.ts";
import type { RunParts } from "#tools/run/command.ts";
import type { PreparedRun } from "#tools/run/prepare.ts";
import { commandPrefix } from "#tools/run/replay-text.ts";
import { openSink } from "#tools/run/sink.ts";
import { shellWord } from "#tools/run/words.ts";
import { LiveMetrics, type MeasuredRun } from "./metrics.ts";

export interface LiveOutputOptions {
  readonly json?: string;
  readonly ndjson?: string;
  /** False: `--no-record`. */
  readonly record?: string | false;
  /** Port. */
  readonly metrics?: number;
}

/** Where a live run goes, open before it begins. */
export interface LiveOutputs {
  readonly recorder: Recorder | undefined;
  readonly metrics: LiveMetrics | undefined;
  /** What is meant for a machine has standard output to itself. */
  readonly say: (text: string) => void;
  readonly write: (report: Report, results: readonly DeviceResult[]) => void;
  readonly close: () => Promise<void>;
}

/** Rejects with `InputError` and `RefusedError`. */
export async function openLiveOutputs(
  options: LiveOutputOptions,
  run: PreparedRun,
  { terminal, version }: RunParts,
): Promise<LiveOutputs> {
  const { name, seed } = run.resolved;
  const open = (path: string | undefined) =>
    path === undefined ? undefined : openSink(path, terminal.out);
  const path = recordingPathOf(options, run);
  const onLost = (text: string) => terminal.err(`fuota: ${text}\n`);
  const json = open(options.json);
  const ndjson = open(options.ndjson);
  const recording = path === undefined ? undefined : new RecordingFile(path, onLost);
  const closeFiles = () => {
    for (const file of [json, ndjson, recording]) file?.close();
  };
  const served = await serveMetrics(options.metrics, { scenario: name, seed, version }).catch(
    (error: unknown) => {
      closeFiles();
      throw error;
    },
  );
  const say = [options.json, options.ndjson].includes("-") ? terminal.err : terminal.out;
  return {
    recorder: recording && new Recorder(recordedRunOf(run, version), recording.write),
    metrics: served?.metrics,
    say,
    write: (report, results) => {
      if (path !== undefined) say(recordedText(path));
      if (json !== undefined) for (const piece of jsonOf(report)) json.write(piece);
      for (const device of results) ndjson?.write(ndjsonLine(name, seed, device));
    },
    close: async () => {
      closeFiles();
      await served?.server.close();
    },
  };
}

async function serveMetrics(port: number | undefined, run: MeasuredRun) {
  if (port === undefined) return undefined;
  const metrics = new LiveMetrics(run);
  return { metrics, server: await metrics.serve(port) };
}

function recordingPathOf(
  { record }: LiveOutputOptions,
  { resolved }: PreparedRun,
): string | undefined {
  if (record === false) return undefined;
  if (record === "-") throw new InputError("--record wants a file, not standard output");
  return record ?? recordingNameOf(resolved.name, resolved.seed, new Date());
}

function recordedRunOf({ loaded, resolved, options }: PreparedRun, version: string) {
  const { text, sha256 } = loaded;
  return { version, scenario: { name: resolved.name, sha256, text }, seed: resolved.seed, options };
}

function recordedText(path: string): string {
  return `recorded; again without the server: ${commandPrefix()} replay ${shellWord(path)}\n`;
}
