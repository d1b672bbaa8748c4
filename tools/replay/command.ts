import { Command } from "commander";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { isRecording } from "#tools/recording/read.ts";
import { readReports } from "#tools/report/read.ts";
import type { Report } from "#tools/report/schema.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { execute } from "#tools/run/execute.ts";
import { summaryText } from "#tools/run/summary.ts";
import { timelineText } from "#tools/run/trace.ts";
import type { Terminal } from "#tools/terminal.ts";
import { firstDifference } from "./compare.ts";
import { openOutputs } from "./outputs.ts";
import { preparedAgain, type ReplayOptions } from "./prepared.ts";

/**
 * `fuota replay`: a report is enough to run it again, and to see that it comes out the same; of a
 * live run it is the recording.
 */
export function replayCommand(parts: RunParts): Command {
  return new Command("replay")
    .description("runs a recorded run again and compares what comes out")
    .argument("<file>", "a report that run --json has written, or a recording of fleet")
    .option("--run <k>", "which run of a report with several", integer(1, 10_000), 1)
    .option("--until <event>", "stops every cell before this event", integer(0, 4_294_967_295))
    .option("--device <n>", "prints what happened to this device", integer(0, 1_000_000))
    .option("--firmware <file>", "the firmware file of the run, if it had one")
    .option("--key <pem>", "the public key that was given with it")
    .option("--json <file>", "writes the report")
    .option("--ndjson <file>", "writes one line per device, with its timeline")
    .action(async (path: string, options: ReplayOptions) => {
      if (isRecording(path)) {
        const { replayRecording } = await import("./recording.ts");
        process.exitCode = await replayRecording(path, options, parts);
        return;
      }
      process.exitCode = await replay(path, options, parts);
    });
}

async function replay(path: string, options: ReplayOptions, parts: RunParts): Promise<number> {
  const recorded = recordedRun(path, options.run);
  const run = { ...preparedAgain(path, recorded, options, parts), eventsMax: options.until };
  const outputs = openOutputs(path, options, parts.terminal);
  const { signal, end } = parts.interruption();
  let watched: DeviceResult | undefined;
  const onDevice = (device: DeviceResult) => {
    if (device.id === options.device) watched = device;
  };
  try {
    const replayed = await execute(run, recorded.seed, {
      ...parts,
      interrupt: signal,
      ndjson: outputs.ndjson,
      onDevice,
    });
    outputs.report(replayed);
    if (watched !== undefined) outputs.say(timelineText(watched));
    if (options.device !== undefined && watched === undefined && !replayed.interrupted) {
      throw new InputError(`${path}: has no device ${options.device}`);
    }
    if (replayed.interrupted) return EXIT.interrupted;
    if (options.device === undefined) outputs.say(summaryText(replayed, run.scenario));
    return verdict(path, recorded, replayed, options.until, parts.terminal, outputs.say);
  } finally {
    end();
    outputs.close();
  }
}

function verdict(
  path: string,
  recorded: Report,
  replayed: Report,
  until: number | undefined,
  { err }: Terminal,
  say: (text: string) => void,
): number {
  if (until !== undefined) {
    say(`stopped before event ${until} of every cell; not compared\n`);
    return EXIT.ok;
  }
  if (recorded.interrupted) {
    say("the recorded run was interrupted; not compared\n");
    return EXIT.ok;
  }
  const difference = firstDifference(recorded, replayed);
  if (difference !== undefined) {
    err(`fuota: ${path}: replays differently: ${difference}\n`);
    return EXIT.failed;
  }
  say(`replayed: the same in all ${recorded.devices.length} devices\n`);
  return EXIT.ok;
}

function recordedRun(path: string, number: number): Report {
  const reports = readReports(path);
  const report = reports[number - 1];
  if (report?.cells.some(({ traceHash }) => traceHash === "")) {
    throw new InputError(`${path}: is of a live run; give its recording, *.rec.ndjson`);
  }
  if (report !== undefined) return report;
  throw new InputError(`${path}: has no run ${number}, only ${reports.length}`);
}
