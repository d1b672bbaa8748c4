import { Command } from "commander";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { readReports } from "#tools/report/read.ts";
import type { Report } from "#tools/report/schema.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { execute } from "#tools/run/execute.ts";
import { readFirmwareFile } from "#tools/run/firmware-file.ts";
import { type PreparedRun, prepare } from "#tools/run/prepare.ts";
import { summaryText } from "#tools/run/summary.ts";
import { traceLine } from "#tools/run/trace.ts";
import { parseScenario } from "#tools/scenario/load.ts";
import { firstDifference } from "./compare.ts";

interface ReplayOptions {
  readonly run: number;
  readonly until?: number;
  readonly device?: number;
  readonly firmware?: string;
  readonly key?: string;
}

/** `fuota replay`: a report is enough to run it again, and to see that it comes out the same. */
export function replayCommand(parts: RunParts): Command {
  return new Command("replay")
    .description("runs a recorded run again and compares what comes out")
    .argument("<report>", "a file that run --json has written")
    .option("--run <k>", "which run of a report with several", integer(1, 10_000), 1)
    .option("--until <event>", "stops every cell before this event", integer(0, 4_294_967_295))
    .option("--device <n>", "prints what happened to this device", integer(0, 1_000_000))
    .option("--firmware <file>", "the firmware file of the run, if it had one")
    .option("--key <pem>", "the public key that was given with it")
    .action(async (path: string, options: ReplayOptions) => {
      process.exitCode = await replay(path, options, parts);
    });
}

async function replay(path: string, options: ReplayOptions, parts: RunParts): Promise<number> {
  const recorded = recordedRun(path, options.run);
  const { terminal, version } = parts;
  if (recorded.version !== version) {
    terminal.err(`fuota: ${path} was written by version ${recorded.version}; this is ${version}\n`);
  }
  const run = { ...preparedRun(path, recorded, options, parts), eventsMax: options.until };
  const { signal, end } = parts.interruption();
  let watched: DeviceResult | undefined;
  const onDevice = (device: DeviceResult) => {
    if (device.id === options.device) watched = device;
  };
  const replayed = await execute(run, recorded.seed, {
    ...parts,
    interrupt: signal,
    onDevice,
  }).finally(end);
  if (watched !== undefined) {
    const { id, timeline } = watched;
    terminal.out(timeline.map(({ atS, text }) => traceLine(id, atS, text)).join(""));
  }
  if (options.device !== undefined && watched === undefined && !replayed.interrupted) {
    throw new InputError(`${path}: has no device ${options.device}`);
  }
  if (replayed.interrupted) return EXIT.interrupted;
  return verdict(path, recorded, replayed, run, options, parts);
}

function verdict(
  path: string,
  recorded: Report,
  replayed: Report,
  run: PreparedRun,
  { until, device }: ReplayOptions,
  { terminal }: RunParts,
): number {
  if (device === undefined) terminal.out(summaryText(replayed, run.scenario, undefined));
  if (until !== undefined) {
    terminal.out(`stopped before event ${until} of every cell; not compared\n`);
    return EXIT.ok;
  }
  if (recorded.interrupted) {
    terminal.out("the recorded run was interrupted; not compared\n");
    return EXIT.ok;
  }
  const difference = firstDifference(recorded, replayed);
  if (difference !== undefined) {
    terminal.err(`fuota: ${path}: replays differently: ${difference}\n`);
    return EXIT.failed;
  }
  terminal.out(`replayed: the same in all ${recorded.devices.length} devices\n`);
  return EXIT.ok;
}

function recordedRun(path: string, number: number): Report {
  const reports = readReports(path);
  const report = reports[number - 1];
  if (report !== undefined) return report;
  throw new InputError(`${path}: has no run ${number}, only ${reports.length}`);
}

function preparedRun(
  path: string,
  recorded: Report,
  options: ReplayOptions,
  { terminal, firmwareSizesOf }: RunParts,
): PreparedRun {
  const loaded = parseScenario(recorded.scenario.text, `${path} (scenario)`);
  if (loaded.sha256 !== recorded.scenario.sha256) {
    throw new InputError(`${path}: scenario.sha256 is not that of scenario.text`);
  }
  if ((recorded.options.firmware === "generated") !== (options.firmware === undefined)) {
    const { sha256 } = recorded.firmware;
    throw new InputError(
      options.firmware === undefined
        ? `${path}: was run with a firmware file (image ${sha256.slice(0, 12)}…); give it with --firmware`
        : `${path}: was run without --firmware`,
    );
  }
  const scenario = { ...loaded.scenario, seed: recorded.seed };
  return prepare(
    { ...loaded, scenario },
    {
      devices: recorded.options.devices ?? undefined,
      shard: recorded.shard ?? undefined,
      firmware: readFirmwareFile(options, scenario, firmwareSizesOf, terminal),
      firmwareSizesOf,
    },
  );
}
