import type { Command } from "commander";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { InputError } from "#tools/errors.ts";
import { apiUrl } from "#tools/provision/thingsboard-command.ts";
import { fleetDevices } from "#tools/provision/thingsboard-names.ts";
import type { LivePullKind } from "#tools/pull/live/run.ts";
import { LiveThingsBoard } from "#tools/pull/live/thingsboard.ts";
import { deviceUrls, urlOf } from "./device-urls.ts";

/** What a person says of the server of pulling devices. */
export interface ThingsBoardOptions {
  readonly thingsboard?: string;
  readonly thingsboardMqtt?: string;
  readonly thingsboardCoap?: string;
  readonly user: string;
}

export function withThingsBoardOptions(command: Command): Command {
  return command
    .option(
      "--thingsboard <url>",
      "of devices that pull: the server, by its API, http: or https://host:port",
      apiUrl,
    )
    .option(
      "--thingsboard-mqtt <url>",
      "where it takes them by MQTT; by default port 1883 of that host",
      urlOf(/^mqtts?:\/\/[^/]/, "mqtt"),
    )
    .option(
      "--thingsboard-coap <url>",
      "where it takes them by CoAP; by default port 5683 of that host",
      urlOf(/^coap:\/\/[^/]/, "coap"),
    )
    .option(
      "--user <name>",
      "of a tenant's administrator there; the password is in FUOTA_PASSWORD",
      "tenant@thingsboard.org",
    );
}

/** Throws `InputError` for what is missing. */
export function thingsBoardOf(
  options: ThingsBoardOptions,
  scenario: Pick<ResolvedScenario, "name" | "seed">,
): LivePullKind {
  const { thingsboard: url, thingsboardMqtt, thingsboardCoap, user } = options;
  if (url === undefined) {
    throw new InputError(
      `${scenario.name}: has devices that pull; --thingsboard http://host:port says from where`,
    );
  }
  const password = process.env["FUOTA_PASSWORD"];
  if (password === undefined) {
    throw new InputError(`FUOTA_PASSWORD is not set: the password of ${user}`);
  }
  const urls = deviceUrls(url, thingsboardMqtt, thingsboardCoap);
  const fleet = `live ${scenario.name}`;
  return {
    isOf: ({ dialect }) => dialect === "thingsboard",
    listed: ({ name, count }) => fleetDevices(`${fleet} ${name}`, scenario.seed, count),
    open: (groups) => new LiveThingsBoard({ url, user, password }, urls, fleet, groups),
  };
}
