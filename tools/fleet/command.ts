import { Command } from "commander";
import { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { makeReport, reportedDevice } from "#tools/report/report.ts";
import { collected, integer, type RunParts } from "#tools/run/command.ts";
import { preparedRun } from "#tools/run/prepared.ts";
import { ProgressLine } from "#tools/run/progress.ts";
import { summaryText } from "#tools/run/summary.ts";
import { loadScenario, withSettings } from "#tools/scenario/load.ts";
import { parseSetting } from "#tools/scenario/settings.ts";
import { apiKeyOf } from "./api-key.ts";
import { checkLive } from "./check.ts";
import { deployerOf } from "./deployer.ts";
import { type FuotaServerOptions, withFuotaServerOptions } from "./fuota-server-options.ts";
import { gatewayCountOf } from "./gateway-count.ts";
import { type GatewayOptions, gatewayWayOf, withGatewayOptions } from "./gateway-options.ts";
import { type LiveServer, runLive } from "./live-run.ts";
import { liveText } from "./live-text.ts";
import { type LiveOutputOptions, openLiveOutputs } from "./outputs.ts";

interface FleetOptions extends GatewayOptions, FuotaServerOptions, LiveOutputOptions {
  readonly api: string;
  readonly apiKey?: string;
  readonly for: number;
  readonly gateways?: number;
  readonly joinSpread?: number;
  readonly lenient?: boolean;
  readonly stay?: number;
  readonly firmware?: string;
  readonly key?: string;
  readonly devices?: number;
  readonly seed?: number;
  readonly set?: readonly string[];
}

/** Activation, three trials and their confirmation. */
const SETTLE_MAX_S = 1800;

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
  return withFuotaServerOptions(withGatewayOptions(command))
    .option(
      "--gateways <n>",
      "simulated gateways, each with its share of the devices; by default those of one cell",
      integer(1, 1000),
    )
    .option(
      "--join-spread <s>",
      "devices are switched on over so many seconds; by default one second for each of a gateway's",
      integer(0, 86_400),
    )
    .option(
      "--stay <s>",
      "no deployment: the fleet joins, and stays so long",
      integer(1, 31_536_000),
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
    .option(
      "--metrics <port>",
      "counters for Prometheus on this port of 127.0.0.1",
      integer(1, 65_535),
    )
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
  const problem = checkLive(resolved, options.fuotaServer !== undefined);
  if (problem !== undefined) throw new InputError(loaded.locate(problem));
  const gateways = gatewayCountOf(options.gateways, resolved);
  const connect = connectionOf(options);
  const way = gatewayWayOf(options, resolved.regional.region.name, gateways);
  const outputs = await openLiveOutputs(options, run, parts);
  const server = connect?.();
  const { recorder, metrics } = outputs;
  const { signal, end } = parts.interruption();
  const startedMs = now();
  const progress = new ProgressLine(terminal, resolved.name);
  try {
    const outcome = await runLive({
      scenario: resolved,
      seed: resolved.seed,
      firmware: run.firmware,
      server,
      way,
      gateways,
      joinSpreadS: options.joinSpread ?? Math.ceil(resolved.devices.count / gateways),
      isLenient: options.lenient === true,
      deployments: options.stay === undefined ? 1 : 0,
      stayS: options.stay ?? 0,
      settleMaxS: SETTLE_MAX_S,
      waitS: options.for,
      interrupt: signal,
      recorder,
      metrics,
      say: (text) => {
        progress.clear();
        terminal.err(`${((now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
      },
      onProgress: terminal.isInteractive ? (state) => progress.show(state) : undefined,
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
    outputs.say(summaryText(report, run.scenario, undefined, server !== undefined));
    outputs.say(liveText(outcome));
    outputs.write(report, outcome.results);
    if (signal.aborted) return EXIT.interrupted;
    return report.expectations.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  } finally {
    end();
    server?.deployer.close();
    server?.api.close();
    await outputs.close();
  }
}

/** Throws `InputError` for a key that is none. Undefined: a server that is not asked. */
function connectionOf(options: FleetOptions): (() => LiveServer) | undefined {
  if (options.api === "none") return undefined;
  const apiKey = apiKeyOf(options.apiKey);
  return () => {
    const api = new ChirpStackConnection(options.api, apiKey);
    return { api, deployer: deployerOf(options, api) };
  };
}
