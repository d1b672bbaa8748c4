import { Command } from "commander";
import { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { jsonOf, ndjsonLine } from "#tools/report/json.ts";
import { makeReport, reportedDevice } from "#tools/report/report.ts";
import type { ReportedCell } from "#tools/report/schema.ts";
import { collected, integer, type RunParts } from "#tools/run/command.ts";
import { preparedRun } from "#tools/run/prepared.ts";
import { ProgressLine } from "#tools/run/progress.ts";
import { openSink } from "#tools/run/sink.ts";
import { summaryText } from "#tools/run/summary.ts";
import { loadScenario, withSettings } from "#tools/scenario/load.ts";
import { parseSetting } from "#tools/scenario/settings.ts";
import { apiKeyOf } from "./api-key.ts";
import { checkLive } from "./check.ts";
import { type GatewayOptions, gatewayWayOf, withGatewayOptions } from "./gateway-options.ts";
import { type LiveOutcome, runLive } from "./live-run.ts";
import { liveText } from "./live-text.ts";

interface FleetOptions extends GatewayOptions {
  readonly api: string;
  readonly apiKey?: string;
  readonly for: number;
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
}

export function fleetCommand(parts: RunParts): Command {
  const command = new Command("fleet")
    .description("runs a scenario against a real ChirpStack v4, in real time")
    .argument("<scenario>", "scenario file, or the name of a shipped one")
    .option(
      "--api <address>",
      "ChirpStack's API; none: any other server, which knows the devices already",
      "localhost:8080",
    )
    .option(
      "--for <s>",
      "with --api none: waits so long for its campaign",
      integer(1, 604_800),
      3600,
    )
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
  const api = apiOf(options);
  const open = (path: string | undefined) =>
    path === undefined ? undefined : openSink(path, terminal.out);
  const json = open(options.json);
  const ndjson = open(options.ndjson);
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
      waitS: options.for,
      interrupt: signal,
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
      cells: [cellOf(outcome)],
      devices: outcome.results.map(reportedDevice),
    });
    const say = [options.json, options.ndjson].includes("-") ? terminal.err : terminal.out;
    say(summaryText(report, run.scenario, undefined, api !== undefined));
    say(liveText(outcome));
    if (json !== undefined) for (const piece of jsonOf(report)) json.write(piece);
    for (const device of outcome.results) {
      ndjson?.write(ndjsonLine(resolved.name, resolved.seed, device));
    }
    if (signal.aborted) return EXIT.interrupted;
    return report.expectations.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  } finally {
    json?.close();
    ndjson?.close();
    end();
    api?.close();
  }
}

function apiOf({ api, apiKey }: FleetOptions): ChirpStackConnection | undefined {
  return api === "none" ? undefined : new ChirpStackConnection(api, apiKeyOf(apiKey));
}

/** The whole fleet. Real time has no trace that would come out the same again. */
function cellOf({ results, events, wallSeconds, airtime }: LiveOutcome): ReportedCell {
  return {
    index: 0,
    devices: results.length,
    events,
    virtualSeconds: Math.round(wallSeconds),
    traceHash: "",
    airtime,
  };
}
