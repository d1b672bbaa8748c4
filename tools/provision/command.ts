import { Command } from "commander";
import { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { apiKeyOf } from "#tools/fleet/api-key.ts";
import {
  type EventsOptions,
  eventsOf,
  withEventsOptions,
} from "#tools/fleet/fuota-server-options.ts";
import { gatewayCountOf } from "#tools/fleet/gateway-count.ts";
import { integer, type RunParts } from "#tools/run/command.ts";
import { type PreparedRun, preparedRun } from "#tools/run/prepared.ts";
import { openSink } from "#tools/run/sink.ts";
import { loadScenario } from "#tools/scenario/load.ts";
import { provisionChirpStack, removeFromChirpStack } from "./chirpstack.ts";
import { csvOf, deviceListOf } from "./device-list.ts";
import { thingsBoardProvisionCommand } from "./thingsboard-command.ts";

interface FleetOptions {
  readonly devices?: number;
  readonly seed?: number;
}

interface ChirpStackOptions extends FleetOptions, EventsOptions {
  readonly api: string;
  readonly apiKey?: string;
  readonly gateways?: number;
  readonly remove?: boolean;
}

interface ListOptions extends FleetOptions {
  readonly output: string;
}

export function provisionCommand(parts: RunParts): Command {
  const command = new Command("provision").description(
    "tells a server about the devices of a scenario, or lists them for any",
  );
  withEventsOptions(ofFleet(command.command("chirpstack")))
    .description("tenant, application, profiles, gateways and devices on a ChirpStack v4")
    .option("--api <address>", "its API", "localhost:8080")
    .option("--api-key <file>", "file with an admin API key; else FUOTA_API_KEY")
    .option("--gateways <n>", "simulated gateways; by default those of one cell", integer(1, 1000))
    .option("--remove", "takes all of it away again")
    .action(async (source: string, options: ChirpStackOptions) => {
      await onChirpStack(source, options, parts);
    });
  command.addCommand(thingsBoardProvisionCommand(parts));
  for (const form of ["csv", "json"] as const) {
    ofFleet(command.command(form))
      .description(`lists the devices and their keys as ${form.toUpperCase()}`)
      .option("--output <file>", "where to; - is standard output", "-")
      .action((source: string, options: ListOptions) => {
        writeList(prepared(source, options, parts), form, options, parts);
      });
  }
  return command;
}

function ofFleet(command: Command): Command {
  return command
    .argument("<scenario>", "scenario file, or the name of a shipped one")
    .option("--devices <n>", "fleet size", integer(1, 1_000_000))
    .option("--seed <n>", "decides the keys", integer(0, 4_294_967_295));
}

function prepared(source: string, options: FleetOptions, parts: RunParts): PreparedRun {
  return preparedRun(loadScenario(source), { ...options, repeat: 1 }, parts);
}

async function onChirpStack(
  source: string,
  options: ChirpStackOptions,
  parts: RunParts,
): Promise<void> {
  const { terminal } = parts;
  const { scenario, resolved } = prepared(source, options, parts);
  const api = new ChirpStackConnection(options.api, apiKeyOf(options.apiKey));
  try {
    if (options.remove === true) {
      const wasThere = await removeFromChirpStack(api, scenario.name);
      terminal.out(wasThere ? `${scenario.name} removed\n` : `${scenario.name} was not there\n`);
      return;
    }
    const gateways = gatewayCountOf(options.gateways, resolved);
    const facts = {
      scenario: resolved,
      seed: resolved.seed,
      gateways,
      fuotaServer: eventsOf(options),
      onProgress: () => {},
    };
    const { tenantId, applicationId } = await provisionChirpStack(api, facts);
    terminal.out(
      `${resolved.devices.count} devices and ${gateways} gateways in tenant ${tenantId}, application ${applicationId}\n`,
    );
  } finally {
    api.close();
  }
}

function writeList(
  { resolved }: PreparedRun,
  form: "csv" | "json",
  { output }: ListOptions,
  { terminal }: RunParts,
): void {
  const devices = deviceListOf(resolved, resolved.seed);
  const sink = openSink(output, terminal.out);
  if (form === "csv") for (const line of csvOf(devices)) sink.write(line);
  else sink.write(`${JSON.stringify(devices, null, 2)}\n`);
  sink.close();
}
