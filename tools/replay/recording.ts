import { setImmediate } from "node:timers/promises";
import { EXIT, InputError } from "#tools/errors.ts";
import { liveCellOf, makeLiveFleet, makeLiveImages } from "#tools/fleet/live-world.ts";
import { type Recording, readRecording } from "#tools/recording/read.ts";
import { Replay } from "#tools/recording/replay.ts";
import type { RecordingHead } from "#tools/recording/schema.ts";
import { ndjsonLine } from "#tools/report/json.ts";
import { makeReport, reportedDevice } from "#tools/report/report.ts";
import type { Report } from "#tools/report/schema.ts";
import type { RunParts } from "#tools/run/command.ts";
import type { PreparedRun } from "#tools/run/prepare.ts";
import { summaryText } from "#tools/run/summary.ts";
import { timelineText } from "#tools/run/trace.ts";
import { countText } from "#tools/run/words.ts";
import { differenceOf } from "./compare.ts";
import { openOutputs } from "./outputs.ts";
import { preparedAgain, type ReplayOptions } from "./prepared.ts";

/** Between looks at whether Ctrl-C was pressed. */
const BREATH_MS = 50;

/** `fuota replay` of a live run: its devices again, without its server. */
export async function replayRecording(
  path: string,
  options: ReplayOptions,
  parts: RunParts,
): Promise<number> {
  if (options.run !== 1) throw new InputError(`${path}: is a recording, and of one run`);
  const recording = readRecording(path);
  const { line: head } = recording.head;
  const run = preparedAgain(path, head, options, parts);
  const replay = replayOf(path, head, run, options);
  const outputs = openOutputs(path, options, parts.terminal);
  const { signal, end } = parts.interruption();
  const startedMs = parts.now();
  try {
    const lines = await runAll(replay, recording, signal).catch((error: unknown) => {
      if (!(error instanceof InputError)) parts.terminal.err(crashText(head, replay));
      throw error;
    });
    const results = replay.results();
    const seconds = (parts.now() - startedMs) / 1000;
    const report = reportOf(head, run, replay, { results, seconds }, parts.version);
    outputs.report(report);
    for (const device of results) {
      outputs.ndjson?.write(ndjsonLine(report.scenario.name, head.seed, device));
    }
    const watched = options.device === undefined ? undefined : results[options.device];
    if (options.device === undefined) outputs.say(summaryText(report, run.scenario));
    else if (watched !== undefined) outputs.say(timelineText(watched));
    else throw new InputError(`${path}: has no device ${options.device}`);
    if (replay.difference !== undefined) {
      parts.terminal.err(`fuota: replays differently: ${replay.difference}\n`);
      return signal.aborted ? EXIT.interrupted : EXIT.failed;
    }
    outputs.say(`${sameText(replay, lines, signal)}\n`);
    return signal.aborted ? EXIT.interrupted : EXIT.ok;
  } finally {
    end();
    outputs.close();
  }
}

/** A world that stands where the recorded one began. Throws `InputError` for another firmware. */
function replayOf(
  path: string,
  head: RecordingHead,
  run: PreparedRun,
  { until }: ReplayOptions,
): Replay {
  const spec = { scenario: run.resolved, seed: head.seed, firmware: run.firmware };
  const inCell = run.resolved.campaign.gateways;
  if (head.world.gateways % inCell !== 0) {
    const text = `world.gateways is ${head.world.gateways}, but ${inCell} hear a device`;
    throw new InputError(`${path}: ${text}`);
  }
  const images = makeLiveImages(spec);
  const replay = new Replay(
    (emit) => makeLiveFleet(spec, images, head.world, emit),
    until ?? Number.POSITIVE_INFINITY,
  );
  const difference = differenceOf(head.firmware, images.facts, `${path}: firmware`);
  if (difference !== undefined && run.firmware !== undefined) {
    throw new InputError(`${difference}; give the file of the run`);
  }
  replay.difference = difference;
  return replay;
}

function crashText({ scenario, seed }: RecordingHead, { fleet }: Replay): string {
  return `fuota: crashed in ${scenario.name} with seed ${seed}, event ${fleet.engine.events}\n`;
}

/** Lines taken. */
async function runAll(replay: Replay, { lines }: Recording, signal: AbortSignal): Promise<number> {
  let taken = 0;
  let breathedMs = performance.now();
  for (const recorded of lines) {
    while (!replay.approach(recorded) || performance.now() - breathedMs > BREATH_MS) {
      await setImmediate();
      breathedMs = performance.now();
      if (signal.aborted) return taken;
    }
    if (replay.isStopped) return taken;
    replay.take(recorded);
    taken += 1;
  }
  return taken;
}

/** As the run's own, but for the time it took. */
function reportOf(
  head: RecordingHead,
  run: PreparedRun,
  replay: Replay,
  {
    results,
    seconds,
  }: { readonly results: ReturnType<Replay["results"]>; readonly seconds: number },
  version: string,
): Report {
  const { fleet, end } = replay;
  const wallSeconds = end?.wallSeconds ?? fleet.engine.now / 1e6;
  return makeReport({
    loaded: run.loaded,
    seed: head.seed,
    version,
    options: run.options,
    shard: null,
    interrupted: end?.interrupted ?? true,
    wallSeconds: Math.round(seconds * 1000) / 1000,
    firmware: head.firmware,
    cells: [liveCellOf(fleet, wallSeconds)],
    devices: results.map(reportedDevice),
  });
}

function sameText(replay: Replay, lines: number, { aborted }: AbortSignal): string {
  const { fleet, end, isStopped } = replay;
  const same = `the same in all ${countText(lines, "line")} of the recording`;
  if (end !== undefined) return `replayed: ${same}, ${countText(fleet.members.length, "device")}`;
  const event = `before event ${fleet.engine.events}`;
  const why = aborted ? "where it was stopped" : isStopped ? event : "where the recording does";
  return `replayed until ${(fleet.engine.now / 1e6).toFixed(3)} s, ${why}; until there ${same}`;
}
