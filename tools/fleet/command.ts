import { Command } from "commander";
import { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import type { FleetProgress } from "#sim/fleet/progress.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { type LivePullKind, runLivePull } from "#tools/pull/live/run.ts";
import { livePullText } from "#tools/pull/live/text.ts";
import { makeReport, reportedDevice } from "#tools/report/report.ts";
import { collected, integer, type RunParts } from "#tools/run/command.ts";
import { type PreparedRun, preparedRun } from "#tools/run/prepared.ts";
import { ProgressLine } from "#tools/run/progress.ts";
import { inputsOf } from "#tools/run/separate-files.ts";
import { summaryText } from "#tools/run/summary.ts";
import { loadScenario, withSettings } from "#tools/scenario/load.ts";
import { parseSetting } from "#tools/scenario/settings.ts";
import { apiKeyOf } from "./api-key.ts";
import { checkLive } from "./check.ts";
import { deployerOf } from "./deployer.ts";
import { drogueOf, type LiveDrogueOptions, withDrogueOptions } from "./drogue-options.ts";
import { type FuotaServerOptions, withFuotaServerOptions } from "./fuota-server-options.ts";
import { gatewayCountOf } from "./gateway-count.ts";
import { type GatewayOptions, gatewayWayOf, withGatewayOptions } from "./gateway-options.ts";
import { type LivePart, type RunPart, runTogether } from "./live-part.ts";
import { type LiveServer, runLive } from "./live-run.ts";
import { liveText } from "./live-text.ts";
import { type LiveOutputOptions, type LiveOutputs, openLiveOutputs } from "./outputs.ts";
import {
  type ThingsBoardOptions,
  thingsBoardOf,
  withThingsBoardOptions,
} from "./thingsboard-options.ts";

interface FleetOptions
  extends GatewayOptions,
    FuotaServerOptions,
    ThingsBoardOptions,
    LiveDrogueOptions,
    LiveOutputOptions {
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
    .description(
      "runs a scenario against a real ChirpStack v4, ThingsBoard or Drogue, in real time",
    )
    .argument("<scenario>", "scenario file, or the name of a shipped one")
    .option(
      "--api <address>",
      "ChirpStack's API; none: any other server, which knows the devices already",
      "localhost:8080",
    )
    .option(
      "--for <s>",
      "with --api none: waits so long for its campaign; for devices that pull: at most so long",
      integer(1, 604_800),
      3600,
    )
    .option("--api-key <file>", "file with an admin API key; else FUOTA_API_KEY");
  const served = withFuotaServerOptions(withGatewayOptions(command));
  return withDrogueOptions(withThingsBoardOptions(served))
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
    .option("--junit <file>", "writes the verdict for a CI system")
    .option("--html <file>", "writes a page with pictures of the run")
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
  const startedMs = now();
  const progress = new ProgressLine(terminal, resolved.name);
  const say = (text: string) => {
    progress.clear();
    terminal.err(`${((now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
  };
  const openParts = partsOf(run, options, say);
  const outputs = await openLiveOutputs(
    outputsOf(run, options),
    run,
    inputsOf(options, [source]),
    parts,
  );
  const { signal, end } = parts.interruption();
  const onProgress = (state: FleetProgress) => progress.show(state);
  try {
    const outcomes = await runTogether(
      openParts.map((open) => open(outputs)),
      {
        interrupt: signal,
        isSurveyed: options.html !== undefined,
        onProgress: terminal.isInteractive ? onProgress : undefined,
      },
    ).finally(() => progress.clear());
    const results = outcomes.flatMap((outcome) => outcome.results);
    const surveys = outcomes.flatMap(({ survey }) => survey ?? []);
    const wallSeconds = Math.max(...outcomes.map((outcome) => outcome.wallSeconds));
    const report = makeReport({
      ...{ loaded, version, seed: resolved.seed, options: run.options, shard: null },
      interrupted: signal.aborted,
      wallSeconds: Math.round(wallSeconds * 1000) / 1000,
      firmware: firmwareOf(outcomes),
      cells: outcomes.map(({ cell }) => cell),
      devices: results.map(reportedDevice),
    });
    outputs.say(
      summaryText(report, run.scenario, undefined, { isServerKnown: isServerKnown(run, options) }),
    );
    for (const { text } of outcomes) outputs.say(text);
    outputs.write(report, { results, surveys });
    if (signal.aborted) return EXIT.interrupted;
    return report.expectations.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
  } finally {
    end();
    await outputs.close();
  }
}

/** All have the same. */
function firmwareOf([first]: readonly LivePart[]): LivePart["firmware"] {
  if (first === undefined) throw new RangeError("a scenario without devices");
  return first.firmware;
}

/** A server that is not asked has no view of its devices. */
function isServerKnown({ resolved }: PreparedRun, { api }: FleetOptions): boolean {
  return resolved.devices.count === 0 || api !== "none";
}

type OpenPart = (outputs: Pick<LiveOutputs, "recorder" | "metrics">) => RunPart;
type Say = (text: string) => void;

/** LoRaWAN devices, those that pull, or both. Throws `InputError` for options that are none. */
function partsOf(run: PreparedRun, options: FleetOptions, say: Say): readonly OpenPart[] {
  const { devices } = run.resolved;
  const parts: OpenPart[] = [];
  if (devices.count > 0) parts.push(lorawanPart(run, options, say));
  for (const kind of kindsOf(run, options)) {
    const part = pullPart(run, options, say, kind, parts.length);
    parts.push(() => part);
  }
  return parts;
}

/** Of the servers of pulling devices. Throws `InputError`. */
function kindsOf({ resolved }: PreparedRun, options: FleetOptions): readonly LivePullKind[] {
  const dialects = new Set(resolved.pull.map(({ dialect }) => dialect));
  return [
    ...(dialects.has("thingsboard") ? [thingsBoardOf(options, resolved)] : []),
    ...(dialects.has("drogue") ? [drogueOf(options, resolved)] : []),
  ];
}

/** Frames are recorded, and counted, where there are gateways. Throws `InputError`. */
function outputsOf({ resolved }: PreparedRun, options: FleetOptions): LiveOutputOptions {
  if (resolved.devices.count > 0) return options;
  if (typeof options.record === "string" || options.metrics !== undefined) {
    throw new InputError(
      `--record and --metrics are of LoRaWAN devices, which ${resolved.name} has none of`,
    );
  }
  return { ...options, record: false };
}

function lorawanPart({ resolved, firmware }: PreparedRun, options: FleetOptions, say: Say) {
  const gateways = gatewayCountOf(options.gateways, resolved);
  const connect = connectionOf(options);
  const way = gatewayWayOf(options, resolved.regional.region.name, gateways);
  return ({ recorder, metrics }: Parameters<OpenPart>[0]): RunPart =>
    async (hooks) => {
      const server = connect?.();
      try {
        const outcome = await runLive({
          ...{ scenario: resolved, seed: resolved.seed, firmware, server, way, gateways },
          joinSpreadS: options.joinSpread ?? Math.ceil(resolved.devices.count / gateways),
          isLenient: options.lenient === true,
          deployments: options.stay === undefined ? 1 : 0,
          stayS: options.stay ?? 0,
          settleMaxS: SETTLE_MAX_S,
          waitS: options.for,
          ...{ recorder, metrics, say, watching: { isSurveyed: hooks.isSurveyed } },
          ...hooks,
        });
        return { ...outcome, text: liveText(outcome) };
      } finally {
        server?.deployer.close();
        server?.api.close();
      }
    };
}

/** Of those that have one kind of server. */
function pullPart(
  { resolved, firmware }: PreparedRun,
  { for: waitS }: FleetOptions,
  say: Say,
  kind: LivePullKind,
  cell: number,
): RunPart {
  return async (hooks) => {
    const outcome = await runLivePull({
      ...{ scenario: resolved, seed: resolved.seed, firmware, say, waitS, kind, cell },
      ...hooks,
    });
    return { ...outcome, text: livePullText(outcome) };
  };
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
