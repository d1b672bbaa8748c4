import { type Command, InvalidArgumentError } from "commander";
import type { EventsFacts } from "#hal/net/chirpstack-events.ts";
import { InputError } from "#tools/errors.ts";
import type { Marshaler } from "./chirpstack-link.ts";
import { marshalerOf } from "./gateway-options.ts";

/** What a person says of the way from a ChirpStack to a FUOTA Server. */
export interface EventsOptions {
  readonly fuotaEvents?: string;
  readonly fuotaMarshaler: Marshaler;
}

export interface FuotaServerOptions extends EventsOptions {
  readonly fuotaServer?: FuotaServerAddress;
}

export interface FuotaServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Of its event handler, unless configured otherwise. */
const EVENTS_PORT = 8090;

export function withFuotaServerOptions(command: Command): Command {
  return withEventsOptions(
    command.option(
      "--fuota-server <host:port>",
      "a ChirpStack FUOTA Server deploys, instead of ChirpStack itself",
      address,
    ),
    `; by default port ${EVENTS_PORT} of that host`,
  );
}

export function withEventsOptions(command: Command, otherwise = ""): Command {
  return command
    .option(
      "--fuota-events <url>",
      `where ChirpStack reaches the event handler of a FUOTA Server${otherwise}`,
      eventsUrl,
    )
    .option("--fuota-marshaler <name>", "what it reads: protobuf or json", marshalerOf, "protobuf");
}

/** Who is to hear the uplinks of an application: undefined when no FUOTA Server is. */
export function eventsOf({ fuotaEvents, fuotaMarshaler }: EventsOptions): EventsFacts | undefined {
  return fuotaEvents === undefined ? undefined : { url: fuotaEvents, encoding: fuotaMarshaler };
}

/** As {@link eventsOf}, where the host of the server is known. Throws `InputError`. */
export function eventsOfServer(options: FuotaServerOptions): EventsFacts | undefined {
  const { fuotaServer, fuotaEvents } = options;
  if (fuotaServer !== undefined) {
    const url = fuotaEvents ?? `http://${fuotaServer.host}:${EVENTS_PORT}`;
    return eventsOf({ ...options, fuotaEvents: url });
  }
  if (fuotaEvents === undefined) return undefined;
  throw new InputError("--fuota-events: is of a FUOTA Server, which takes --fuota-server");
}

function address(text: string): FuotaServerAddress {
  const [, host = "", port = ""] = /^([\w.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) };
  throw new InvalidArgumentError("expected host:port, like localhost:8070");
}

function eventsUrl(text: string): string {
  if (/^https?:\/\/[^,]+$/.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError("expected http://host:port or https://host:port");
}
