import type { Dialect } from "#agent/pull/dialect.ts";
import type { CoapBlockBytes } from "#agent/pull/events.ts";
import type { PackageKind } from "#agent/pull/thingsboard.ts";
import {
  THINGSBOARD_MACHINES,
  type ThingsBoardMachines,
} from "#agent/pull/thingsboard-machines.ts";
import type { CborSpelling } from "#agent/wire/cbor.ts";
import { CoapClient } from "#hal/net/coap-client.ts";
import { HttpClient } from "#hal/net/http-client.ts";
import type { MqttSessionOptions } from "#hal/net/mqtt-session.ts";
import { InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { isLine } from "#tools/line.ts";
import { CoapLink } from "./coap-link.ts";
import { drogueConnection } from "./drogue-connection.ts";
import { GatewaySession } from "./gateway-session.ts";
import { HttpLink } from "./http-link.ts";
import type { Post, PullLink } from "./link.ts";
import { MqttDeviceLink } from "./mqtt-link.ts";
import { withUrlPackages } from "./url-link.ts";

export interface ConnectionOptions {
  readonly url: string;
  readonly dialect: "thingsboard" | "documented" | "drogue";
  readonly as?: string;
  readonly cbor: CborSpelling;
  readonly timeout: number;
  readonly token?: string;
  readonly software?: true;
  readonly longPoll?: true;
  readonly observe?: true;
  readonly block?: CoapBlockBytes;
  readonly clientId?: string;
  readonly username?: string;
  readonly cert?: string;
  readonly certKey?: string;
  readonly ca?: string;
  readonly baud: number;
}

/** How a device talks to its server. */
export interface Connection {
  readonly newDialect: () => Dialect;
  readonly newLink: (post: Post) => PullLink;
  readonly close: () => void;
}

const PEM_BYTES_MAX = 65_536;

/** By the scheme of the URL. Throws `InputError`. */
export function connectionOf(options: ConnectionOptions): Connection {
  if (options.dialect === "drogue") {
    return drogueConnection(options, () => sessionOptions(options));
  }
  if (isLine(options.url)) throw new InputError("--url: ThingsBoard is not on a serial line");
  return withUrlPackages(thingsBoardConnection(options, THINGSBOARD_MACHINES[options.dialect]));
}

/** Connections of a Drogue gateway for its child devices, by their names; by MQTT they share a session. */
export function gatewayOf(options: ConnectionOptions): (child: string) => Connection {
  if (options.as !== undefined) throw new InputError("--as and --devices do not go together");
  if (!/^mqtts?:/.test(options.url)) return (as) => connectionOf({ ...options, as });
  const session = new GatewaySession(sessionOptions(options));
  return (as) => ({
    ...connectionOf({ ...options, as }),
    newLink: (post) => session.newLink(post),
    close: () => session.close(),
  });
}

function thingsBoardConnection(
  options: ConnectionOptions,
  { Http, Mqtt, Coap }: ThingsBoardMachines,
): Connection {
  const kind: PackageKind = options.software === true ? "sw" : "fw";
  if (/^mqtts?:/.test(options.url)) {
    const session = sessionOptions(options);
    return {
      newDialect: () => new Mqtt(kind),
      newLink: (post) => new MqttDeviceLink(session, post),
      close: () => {},
    };
  }
  const token = tokenOf(options);
  if (token === undefined) throw new InputError("--token is missing, and FUOTA_TOKEN is not set");
  if (/^coap:/.test(options.url)) {
    const client = new CoapClient(options.url);
    const { block: blockBytes, observe } = options;
    return {
      newDialect: () => new Coap({ token, kind, observes: observe === true, blockBytes }),
      newLink: (post) => new CoapLink(client, post),
      close: () => client.close(),
    };
  }
  const client = new HttpClient(options.url);
  const longPolls = options.longPoll === true;
  return {
    newDialect: () => new Http({ token, kind, longPolls }),
    newLink: (post) => new HttpLink(client, post),
    close: () => client.close(),
  };
}

/** An access token is a user name; the other ways say who they are themselves. */
function sessionOptions(options: ConnectionOptions): MqttSessionOptions {
  const { url, clientId, cert, certKey, ca } = options;
  const token = tokenOf(options);
  const username = options.username ?? token;
  if ((cert === undefined) !== (certKey === undefined)) {
    throw new InputError("--cert and --cert-key go together");
  }
  if (username === undefined && clientId === undefined && cert === undefined) {
    throw new InputError("one of --token, --username, --client-id and --cert says who it is");
  }
  const password = process.env["FUOTA_PASSWORD"];
  return {
    url,
    ...(clientId === undefined ? {} : { clientId }),
    ...(username === undefined ? {} : { username }),
    ...(username === undefined || password === undefined ? {} : { password }),
    ...(cert === undefined ? {} : { cert: readInputFile(cert, PEM_BYTES_MAX) }),
    ...(certKey === undefined ? {} : { key: readInputFile(certKey, PEM_BYTES_MAX) }),
    ...(ca === undefined ? {} : { ca: readInputFile(ca, PEM_BYTES_MAX) }),
  };
}

function tokenOf({ token }: ConnectionOptions): string | undefined {
  const given = token ?? process.env["FUOTA_TOKEN"];
  return given === "" ? undefined : given;
}
