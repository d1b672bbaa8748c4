import { Command } from "commander";
import { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { Recorder } from "#tools/recording/recorder.ts";
import { RecordingFile, recordingNameOf } from "#tools/recording/recording-file.ts";
import { jsonOf, ndjsonLine } from "#tools/report/json.ts";
import { makeReport, reportedDevice } from "#tools/report/report.ts";
import { collected, integer, type RunParts } from "#tools/run/command.ts";
import { type PreparedRun, preparedRun } from "#tools/run/prepared.ts";
import { ProgressLine } from "#tools/run/progress.ts";
import { commandPrefix } from "#tools/run/replay-text.ts";
import { openSink } from "#tools/run/sink.ts";
import { summaryText } from "#tools/run/summary.ts";
import { shellWord } from "#tools/run/words.ts";
import { loadScenario, withSettings } from "#tools/scenario/load.ts";
import { parseSetting } from "#tools/scenario/settings.ts";
import type { Terminal } from "#tools/terminal.ts";
import { apiKeyOf } from "./api-key.ts";
import { checkLive } from "./check.ts";
import { type GatewayOptions, gatewayWayOf, withGatewayOptions } from "./gateway-options.ts";
import { runLive } from "./live-run.ts";
import { liveText } from "./live-text.ts";

interface FleetOptions extends GatewayOptions {
  readonly api: string;
  readonly apiKey?: string;
  readonly gateways: number;
  readonly joinSpread?: number;
  readonly lenient?: boolean;
  readonly firmware?: string;
  readonly key?: string;
  readonly devices?: number;
  readonly seed?: number;
  readonly set?: readonly string[];
  readonly json?: string;
  readonly ndjson?: string;
  /** False: `--no-record`. */
  readonly record?: string | false;
}

export function fleetCommand(parts: RunParts): Command {
  const command = new Command("fleet")
    .description("runs a scenario against a real ChirpStack v4, in real time")
    .argument("<scenario>", "scenario file, or the name of a shipped one")
    .option("--api <address>", "ChirpStack's API", "localhost:8080")
    .option("--api-key <file>", "file with an admin API key; else FUOTA_API_KEY");
  return withGatewayOptions(command)
    .option(
      "--gateways <n>",
      "simulated gateways, each with its share of the devices",
      integer(1, 1000),
      1,
    )
    .option(
      "--join-spread <s>",
      "devices are switched on over so many seconds; by default one second for each of a gateway's",
      integer(0, 86_400),
    )
    .option("--lenient", "gateways send what comes after its GPS time")
    .option("--firmware <file>", "send this file instead of a generated image")
    .option("--key <pem>", "public key that has signed --firmware; without it, it is signed here")
    .option("--devices <n>", "fleet size", integer(1, 1_000_000))
    .option("--seed <n>", "decides every draw", integer(0, 4_294_967_295))
    .option("--set <key=value>", "changes a key of the scenario; again for more", collected)
    .option("--json <file>", "writes the report")
    .option("--ndjson <file>", "writes one line per device, with its timeline")
    .option("--record <file>", "where the run is recorded; by default a new file here")
    .option("--no-record", "the run is not recorded")
    .action(async (source: string, options: FleetOptions) => {
      process.exitCode = await runFleet(source, options, parts);
    });
}

async function runFleet(source: string, options: FleetOptions, parts: RunParts): Promise<number> {
  const { terminal, version, now } = parts;
  const settings = (options.set ?? []).map(parseSetting);
  const loaded = withSettings(loadScenario(source), settings);
  const run = preparedRun(loaded, { ...options, repeat: 1 }, parts);
  const { resolved } = run;
  const problem = checkLive(resolved);
  if (problem !== undefined) throw new InputError(loaded.locate(problem));
  const api = new ChirpStackConnection(options.api, apiKeyOf(options.apiKey));
  const open = (path: string | undefined) =>
    path === undefined ? undefined : openSink(path, terminal.out);
  const json = open(options.json);
  const ndjson = open(options.ndjson);
  const recording = recordingFileOf(options, run, terminal);
  const { signal, end } = parts.interruption();
  const startedMs = now();
  const progress = new ProgressLine(terminal, resolved.name);
  try {
    const outcome = await runLive({
      scenario: resolved,
      seed: resolved.seed,
      firmware: run.firmware,
      api,
      way: gatewayWayOf(options, resolved.regional.region.name),
      gateways: options.gateways,
      joinSpreadS: options.joinSpread ?? Math.ceil(resolved.devices.count / options.gateways),
      isLenient: options.lenient === true,
      interrupt: signal,
      recorder: recording && recorderOf(run, version, recording),
      say: (text) => {
        progress.clear();
        terminal.err(`${((now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
      },
      onProgress: (state) => progress.show(state),
    }).finally(() => progress.clear());
    const report = makeReport({
      loaded,
      seed: resolved.seed,
      version,
      options: run.options,
      shard: null,
      interrupted: signal.aborted,
      wallSeconds: Math.round(outcome.wallSeconds * 1000) / 1000,
      firmware: outcome.firmware,
      cells: [outcome.cell],
      devices: outcome.results.map(reportedDevice),
    });
    const say = [options.json, options.ndjson].includes("-") ? terminal.err : terminal.out;
    say(summaryText(report, run.scenario));
    say(liveText(outcome));
    if (recording !== undefined) say(recordedText(recording.path));
    if (json !== undefined) for (const piece of jsonOf(report)) json.write(piece);
    for (const device of outcome.results) {
      ndjson?.write(ndjsonLine(resolved.name, resolved.seed, device));
    }
    if (signal.aborted) return EXIT.interrupted;
    return report.expectations.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  } finally {
    json?.close();
    ndjson?.close();
    recording?.close();
    end();
    api.close();
  }
}

/** Undefined: not wanted. Throws `InputError`. */
function recordingFileOf(
  { record }: FleetOptions,
  { resolved }: PreparedRun,
  terminal: Terminal,
): RecordingFile | undefined {
  if (record === false) return undefined;
  if (record === "-") throw new InputError("--record wants a file, not standard output");
  const path = record ?? recordingNameOf(resolved.name, resolved.seed, new Date());
  return new RecordingFile(path, (text) => terminal.err(`fuota: ${text}\n`));
}

function recorderOf(run: PreparedRun, version: string, { write }: RecordingFile): Recorder {
  const { loaded, resolved, options } = run;
  const { text, sha256 } = loaded;
  const scenario = { name: resolved.name, sha256, text };
  return new Recorder({ version, scenario, seed: resolved.seed, options }, write);
}

function recordedText(path: string): string {
  return `recorded; again without the server: ${commandPrefix()} replay ${shellWord(path)}\n`;
}
