import { type Command, InvalidArgumentError } from "commander";
import type { UdpServerAddress } from "#hal/net/udp-gateway.ts";
import type { ServerGatewayConfig } from "#sim/gateway/server-gateway.ts";
import { InputError } from "#tools/errors.ts";
import { ChirpStackLink, type Marshaler } from "./chirpstack-link.ts";
import type { OpenGatewayLink } from "./gateway-link.ts";
import { StationLink } from "./station-link.ts";
import { type StationOptions, stationServers } from "./station-options.ts";
import { UdpLink } from "./udp-link.ts";

/** What a person says of the way from the simulated gateways to a server. */
export interface GatewayOptions extends StationOptions {
  readonly broker: string;
  readonly prefix?: string;
  readonly marshaler: Marshaler;
  readonly udp?: UdpServerAddress;
}

export interface GatewayWay {
  readonly open: OpenGatewayLink;
  readonly acknowledges: ServerGatewayConfig["acknowledges"];
}

export function withGatewayOptions(command: Command): Command {
  return command
    .option("--broker <url>", "its MQTT broker", brokerUrl, "mqtt://localhost:1883")
    .option("--prefix <topic>", "topic prefix of the region; by default its name: eu868", topicOf)
    .option("--marshaler <name>", "protobuf or json, on the broker", marshalerOf, "protobuf")
    .option("--udp <host:port>", "gateways speak Semtech UDP to a bridge there instead", udpServer)
    .option(
      "--station <url>",
      "gateways are Basics Stations of ws://… or wss://… instead",
      stationUrl,
    )
    .option("--station-ca <file>", "PEM of the authority that signed that server's certificate")
    .option("--station-token <file>", "file with what goes into the Authorization header")
    .option("--station-cert <file>", "PEM of a gateway's certificate; {id} in it: one for each")
    .option("--station-key <file>", "PEM of its private key; {id} as in --station-cert");
}

/** Throws `InputError` for a file that cannot be read. */
export function gatewayWayOf(
  options: GatewayOptions,
  region: string,
  gateways: number,
): GatewayWay {
  const { broker, prefix, marshaler, udp, station } = options;
  if (udp !== undefined && station !== undefined) {
    throw new InputError("--udp and --station: gateways speak one protocol");
  }
  if (udp !== undefined) {
    return { acknowledges: "booked", open: (ids, events) => UdpLink.open(udp, ids, events) };
  }
  if (station !== undefined) {
    const servers = stationServers(station, options, gateways);
    return { acknowledges: "onAir", open: (ids, events) => StationLink.open(servers, ids, events) };
  }
  const topicPrefix = prefix ?? region.toLowerCase().replace("-", "_");
  const to = { url: broker, topicPrefix, marshaler };
  return { acknowledges: "booked", open: (ids, events) => ChirpStackLink.open(to, ids, events) };
}

function udpServer(text: string): UdpServerAddress {
  const [, host = "", port = ""] = /^([\w.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) };
  throw new InvalidArgumentError("expected host:port, like localhost:1700");
}

function brokerUrl(text: string): string {
  if (/^mqtts?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError("expected mqtt://host:port or mqtts://host:port");
}

function stationUrl(text: string): string {
  if (/^wss?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError("expected ws://host:port or wss://host:port");
}

export function marshalerOf(text: string): Marshaler {
  if (text === "protobuf" || text === "json") return text;
  throw new InvalidArgumentError("expected protobuf or json");
}

function topicOf(text: string): string {
  if (text.length > 0 && !/[#+\p{Cc}]/u.test(text)) return text;
  throw new InvalidArgumentError("expected a topic without wildcards");
}
