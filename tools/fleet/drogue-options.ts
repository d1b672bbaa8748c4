import type { Command } from "commander";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { InputError } from "#tools/errors.ts";
import { apiUrl } from "#tools/provision/thingsboard-command.ts";
import { fleetDevices } from "#tools/provision/thingsboard-names.ts";
import { LiveDrogue } from "#tools/pull/live/drogue.ts";
import type { LivePullKind } from "#tools/pull/live/run.ts";
import { deviceUrls, urlOf } from "./device-urls.ts";

/** What a person says of the Drogue of pulling devices. */
export interface LiveDrogueOptions {
  readonly drogue?: string;
  readonly drogueMqtt?: string;
  readonly drogueCoap?: string;
  readonly drogueRegistry?: string;
  readonly drogueApplication: string;
  readonly drogueIndex?: string;
  readonly drogueUser: string;
}

export function withDrogueOptions(command: Command): Command {
  return command
    .option(
      "--drogue <url>",
      "of devices that pull: a Drogue's HTTP endpoint, http: or https://host:port",
      apiUrl,
    )
    .option(
      "--drogue-mqtt <url>",
      "its MQTT endpoint; by default port 1883 of that host",
      urlOf(/^mqtts?:\/\/[^/]/, "mqtt"),
    )
    .option(
      "--drogue-coap <url>",
      "its CoAP endpoint; by default port 5683 of that host",
      urlOf(/^coap:\/\/[^/]/, "coap"),
    )
    .option("--drogue-registry <url>", "its registry, if that is elsewhere", apiUrl)
    .option("--drogue-application <name>", "that gets the devices for a while", "app1")
    .option("--drogue-index <folder>", "where drogue-ajour has its file index")
    .option(
      "--drogue-user <name>",
      "who may change the registry; the token is in FUOTA_DROGUE_TOKEN",
      "admin",
    );
}

/** Throws `InputError` for what is missing. */
export function drogueOf(
  options: LiveDrogueOptions,
  { name, seed }: Pick<ResolvedScenario, "name" | "seed">,
): LivePullKind {
  const { drogue: url, drogueIndex: index, drogueUser: user } = options;
  if (url === undefined) {
    throw new InputError(
      `${name}: has devices that pull from a Drogue; --drogue http://host:port says from where`,
    );
  }
  if (index === undefined) {
    throw new InputError(
      "--drogue-index is missing: the folder where drogue-ajour looks for firmware",
    );
  }
  const token = process.env["FUOTA_DROGUE_TOKEN"];
  if (token === undefined) {
    throw new InputError(`FUOTA_DROGUE_TOKEN is not set: the token of ${user}`);
  }
  const place = {
    registry: { url: options.drogueRegistry ?? url, user, token },
    application: options.drogueApplication,
    index,
    urls: deviceUrls(url, options.drogueMqtt, options.drogueCoap),
  };
  return {
    isOf: ({ dialect }) => dialect === "drogue",
    listed: ({ count }, group) =>
      fleetDevices(`live ${name} ${group}`, seed, count).map((device) => ({
        ...device,
        name: plain(device.name),
      })),
    open: (groups) => new LiveDrogue(place, plain(`fuota live ${name}`), seed, groups),
  };
}

/** Names of devices are parts of credentials and topics, those of firmware are names of files. */
function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]+/g, "-");
}
