import { attributesOfQuery } from "./attribute-query.ts";
import {
  type CoapOutcome,
  type CoapReply,
  type CoapRequest,
  coapJson,
  coapReply,
} from "./coap-exchange.ts";
import { effective, type ServerDevice } from "./device.ts";
import { type ChunkFault, ChunkFaults } from "./faults.ts";
import { Bucket, type RateLimit } from "./rate-limit.ts";
import type { ThingsBoard } from "./server.ts";
import type { CoapResource } from "./server-dialect.ts";
import { parseTelemetry } from "./telemetry-json.ts";

export interface CoapDeviceApiOptions {
  /** Of each device; none by default. */
  readonly rateLimit?: RateLimit;
  readonly faults?: readonly ChunkFault[];
  /** A chunk is about to be given. */
  readonly onChunk?: (device: ServerDevice, chunk: number) => void;
}

type Respond = (outcome: CoapOutcome) => void;

const INT32_MAX = 2_147_483_647;
const GET = 1;
const POST = 2;
const OCTET_STREAM = 42;
const NOTHING = () => {};

/** The device API of ThingsBoard over CoAP, sans-IO: `/fw/{token}`, `/sw/{token}`, `/api/v1/{token}/…`. */
export class CoapDeviceApi {
  readonly #server: ThingsBoard;
  readonly #rateLimit: RateLimit | undefined;
  readonly #faults: ChunkFaults;
  readonly #onChunk: NonNullable<CoapDeviceApiOptions["onChunk"]>;
  readonly #buckets = new Map<ServerDevice, Bucket>();
  /** How to end what is observed of a device. */
  readonly #observers = {
    listeners: new Map<ServerDevice, () => void>(),
    callees: new Map<ServerDevice, () => void>(),
  };

  constructor(server: ThingsBoard, options: CoapDeviceApiOptions = {}) {
    this.#server = server;
    this.#rateLimit = options.rateLimit;
    this.#faults = new ChunkFaults(options.faults ?? []);
    this.#onChunk = options.onChunk ?? NOTHING;
  }

  /** Nothing that a client sends makes it throw. */
  readonly handle = (request: CoapRequest, respond: Respond): (() => void) => {
    const { path } = request;
    const [root = "", second = "", token = "", feature = ""] = path;
    const resource = this.#server.dialect.coapResource(path);
    if (resource !== undefined) {
      respond(this.#package(resource, request));
      return NOTHING;
    }
    if (root !== "api" || second !== "v1") {
      respond(coapReply(404));
      return NOTHING;
    }
    const device = this.#server.deviceOf(token);
    const route = `${request.code} ${feature}`;
    const call = request.code === POST && feature === "rpc" ? path[4] : undefined;
    const isRoute = path.length === (call === undefined ? 4 : 5) && ROUTES.includes(route);
    if (!isRoute || device === undefined) {
      respond(coapReply(isRoute ? 401 : 400));
      return NOTHING;
    }
    const limited = this.#limited(device);
    if (limited !== undefined) {
      respond(limited);
      return NOTHING;
    }
    if (call !== undefined) {
      device.openCalls.delete(Number(call));
      respond(coapReply(201));
      return NOTHING;
    }
    if (request.code === GET && request.observe === 0) {
      return this.#observe(feature === "rpc" ? "callees" : "listeners", device, respond);
    }
    respond(this.#reply(route, request, device));
    return NOTHING;
  };

  #reply(route: string, request: CoapRequest, device: ServerDevice): CoapReply {
    if (route === `${GET} rpc`) return coapReply(405);
    if (route === `${GET} attributes`) return this.#attributes(request, device);
    const samples = parseTelemetry(request.payload, this.#server.nowUnixMs);
    if (samples === undefined) return coapReply(400);
    for (const { ts, key, value } of samples) {
      if (route === `${POST} attributes`) this.#server.saveAttribute(device, key, value);
      else this.#server.saveTelemetry(device, ts, key, value);
    }
    return coapReply(201);
  }

  #attributes({ query }: CoapRequest, device: ServerDevice): CoapReply {
    const [shared, client] = [parameterOf(query, "sharedKeys"), parameterOf(query, "clientKeys")];
    const parts = attributesOfQuery(device, shared, client);
    const isNone = Object.keys(parts).length === 0 && this.#server.quirks.noAttributesIs404;
    return isNone ? coapReply(404) : coapJson(parts);
  }

  /** One observer a device: a later one ends the first. */
  #observe(what: "listeners" | "callees", device: ServerDevice, respond: Respond): () => void {
    const observers = this.#observers[what];
    observers.get(device)?.();
    const tell = (value: unknown) => respond({ ...coapJson(value), isObserved: true });
    const leave = () => {
      device[what].delete(tell);
      if (observers.get(device) === end) observers.delete(device);
    };
    const end = () => {
      leave();
      respond(coapReply(202));
    };
    device[what].add(tell);
    observers.set(device, end);
    if (what === "callees") {
      respond({ ...coapReply(205), isObserved: true });
      return leave;
    }
    const shared = Object.fromEntries(device.shared);
    tell(this.#server.quirks.observesFlat ? shared : { shared });
    return leave;
  }

  #limited(device: ServerDevice): CoapReply | undefined {
    if (this.#rateLimit === undefined) return undefined;
    let bucket = this.#buckets.get(device);
    if (bucket === undefined) {
      bucket = new Bucket(this.#rateLimit);
      this.#buckets.set(device, bucket);
    }
    if (bucket.take(this.#server.options.scheduler.now)) return undefined;
    return coapReply(this.#server.quirks.rateLimitIs500 ? 500 : 429);
  }

  #package({ kind, token, what }: CoapResource, { code, query }: CoapRequest): CoapOutcome {
    if (code !== GET) return coapReply(405);
    const device = token === undefined ? undefined : this.#server.deviceOf(token);
    if (device === undefined) return coapReply(401);
    const limited = this.#limited(device);
    if (limited !== undefined) return limited;
    const ota = effective(device, kind);
    if (ota !== undefined && what === "info") return coapJson(this.#server.dialect.infoOf(ota));
    if (ota === undefined || ota.url !== undefined) return coapReply(404);
    const [title, version] = [parameterOf(query, "title"), parameterOf(query, "version")];
    const isOther = (title ?? ota.title) !== ota.title || (version ?? ota.version) !== ota.version;
    if (isOther) return coapReply(400);
    const size = integerOf(parameterOf(query, "size"));
    const chunk = integerOf(parameterOf(query, "chunk"));
    if (size === undefined || chunk === undefined || size * chunk > INT32_MAX) {
      return coapReply(500);
    }
    const payload = size === 0 ? ota.data : ota.data.subarray(size * chunk, size * (chunk + 1));
    if (payload.length === 0 && this.#server.quirks.silentPastEnd) return "silence";
    this.#onChunk(device, chunk);
    return this.#spoilt(device, chunk, payload);
  }

  /** As faults know chunks by HTTP; what ends a connection there, ends the exchange here. */
  #spoilt({ token }: ServerDevice, chunk: number, body: Uint8Array): CoapOutcome {
    const outcome = this.#faults.apply(token, chunk, "", { status: 200, headers: {}, body });
    if (typeof outcome === "string") return outcome === "close" ? "reset" : "silence";
    const code = outcome.status === 200 ? 205 : outcome.status;
    const payload = outcome.body;
    if (this.#server.quirks.noContentFormat) return { code, payload };
    return { code, payload, contentFormat: OCTET_STREAM };
  }
}

const ROUTES: readonly string[] = [
  `${GET} attributes`,
  `${POST} attributes`,
  `${POST} telemetry`,
  `${GET} rpc`,
  `${POST} rpc`,
];

/** Parameters are taken as they are. */
function parameterOf(query: readonly string[], name: string): string | null {
  const found = query.find((parameter) => parameter.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? null;
}

/** Undefined for what is no 32-bit integer from 0 on. */
function integerOf(text: string | null): number | undefined {
  if (text === null) return 0;
  const value = /^\+?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value <= INT32_MAX ? value : undefined;
}
