import type { DeviceResult } from "#sim/fleet/result.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import { InputError } from "#tools/errors.ts";
import { Recorder } from "#tools/recording/recorder.ts";
import { RecordingFile, recordingNameOf } from "#tools/recording/recording-file.ts";
import { htmlOf } from "#tools/report/html/page.ts";
import { runData } from "#tools/report/html/page-data.ts";
import { TimelineKeeper } from "#tools/report/html/timelines.ts";
import { jsonOf, ndjsonLine } from "#tools/report/json.ts";
import { junitOf } from "#tools/report/junit.ts";
import type { Report } from "#tools/report/schema.ts";
import type { RunParts } from "#tools/run/command.ts";
import { type ReplayTexts, runPage } from "#tools/run/html.ts";
import type { PreparedRun } from "#tools/run/prepare.ts";
import { commandPrefix, deviceCommandText, runCommandText } from "#tools/run/replay-text.ts";
import { requireSeparate } from "#tools/run/separate-files.ts";
import { closeSinks, type OutputOptions, openSinks, outputPathsOf } from "#tools/run/sinks.ts";
import { shellWord } from "#tools/run/words.ts";
import { LiveMetrics, type MeasuredRun } from "./metrics.ts";

/** Real time has no trace that would come out the same again. */
export interface LiveOutputOptions extends Omit<OutputOptions, "trace"> {
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
  readonly write: (report: Report, found: LiveFindings) => void;
  readonly close: () => Promise<void>;
}

/** What a report does not hold. */
export interface LiveFindings {
  readonly results: readonly DeviceResult[];
  /** Of each part, if there is a page to be written. */
  readonly surveys: readonly CellSurvey[];
}

/** How much of the scenario the command line has changed. */
type Changes = Parameters<typeof runCommandText>[2];

/** `inputs`: the files that are read. Rejects with `InputError` and `RefusedError`. */
export async function openLiveOutputs(
  options: LiveOutputOptions & Changes,
  run: PreparedRun,
  inputs: readonly (string | undefined)[],
  { terminal, version }: RunParts,
): Promise<LiveOutputs> {
  const { name, seed } = run.resolved;
  const path = recordingPathOf(options, run);
  const onLost = (text: string) => terminal.err(`fuota: ${text}\n`);
  requireSeparate([...outputPathsOf(options), path], inputs);
  const sinks = openSinks(options, terminal);
  const recording = path === undefined ? undefined : new RecordingFile(path, onLost);
  const closeFiles = () => {
    closeSinks(sinks);
    recording?.close();
  };
  const served = await serveMetrics(options.metrics, { scenario: name, seed, version }).catch(
    (error: unknown) => {
      closeFiles();
      throw error;
    },
  );
  const say = sinks.usesStdout ? terminal.err : terminal.out;
  return {
    recorder: recording && new Recorder(recordedRunOf(run, version), recording.write),
    metrics: served?.metrics,
    say,
    write: (report, found) => {
      const { json, ndjson, junit, html } = sinks;
      const texts = replayTextsOf(run, options, path);
      if (path !== undefined) say(`recorded; again without the server: ${texts.replay}\n`);
      if (json !== undefined) for (const piece of jsonOf(report)) json.write(piece);
      for (const device of found.results) ndjson?.write(ndjsonLine(name, seed, device));
      if (junit !== undefined) {
        for (const piece of junitOf([report], texts.replay)) junit.write(piece);
      }
      html?.write(pageOf(run, report, found, texts));
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

/** From the recording; else the same devices and losses in virtual time, with a stand-in for the server. */
function replayTextsOf(run: PreparedRun, options: Changes, path: string | undefined): ReplayTexts {
  if (path !== undefined) {
    const replay = `${commandPrefix()} replay ${shellWord(path)}`;
    return { replay, replayDevice: `${replay} --device` };
  }
  const { json: _, ...changes } = options;
  const { seed } = run.resolved;
  return {
    replay: runCommandText(run, seed, changes),
    replayDevice: deviceCommandText(run, seed, changes),
  };
}

function pageOf(
  run: PreparedRun,
  report: Report,
  { results, surveys }: LiveFindings,
  texts: ReplayTexts,
): string {
  const timelines = new TimelineKeeper();
  for (const device of results) timelines.add(device);
  const { resolved: scenario } = run;
  const facts = { report, scenario, surveys, timelines: timelines.result(), ...texts };
  return htmlOf(runPage(runData({ ...facts, isLive: true })));
}
