import type { PackageKind } from "#agent/pull/thingsboard.ts";
import { attributesOfQuery } from "./attribute-query.ts";
import { effective, type ServerDevice } from "./device.ts";
import { type ChunkFault, ChunkFaults } from "./faults.ts";
import {
  emptyReply,
  type HttpOutcome,
  type HttpReply,
  type HttpRequest,
  jsonReply,
  textReply,
} from "./http-exchange.ts";
import { type RateLimit, RateLimits } from "./rate-limit.ts";
import type { ThingsBoard } from "./server.ts";
import { parseTelemetry, telemetryProblem } from "./telemetry-json.ts";

const INT32_MAX = 2_147_483_647;
/** `HTTP_REQUEST_TIMEOUT`. */
const LONG_POLL_DEFAULT_MS = 60_000;
/** `SPRING_MVC_ASYNC_REQUEST_TIMEOUT`. */
const ASYNC_LIMIT_MS = 30_000;
const NOTHING = () => {};

export interface HttpDeviceApiOptions {
  /** Of each device; none by default. */
  readonly rateLimit?: RateLimit;
  readonly faults?: readonly ChunkFault[];
  /** A chunk is about to be given. */
  readonly onChunk?: (device: ServerDevice, chunk: number) => void;
}

type Respond = (outcome: HttpOutcome) => void;

/** The device API of ThingsBoard over HTTP, sans-IO: `/api/v1/{token}/…`. */
export class HttpDeviceApi {
  readonly #server: ThingsBoard;
  readonly #rateLimits: RateLimits<ServerDevice>;
  readonly #faults: ChunkFaults;
  readonly #onChunk: NonNullable<HttpDeviceApiOptions["onChunk"]>;

  constructor(server: ThingsBoard, options: HttpDeviceApiOptions = {}) {
    this.#server = server;
    this.#rateLimits = new RateLimits(options.rateLimit);
    this.#faults = new ChunkFaults(options.faults ?? []);
    this.#onChunk = options.onChunk ?? NOTHING;
  }

  /** Nothing that a client sends makes it throw. */
  readonly handle = (request: HttpRequest, respond: Respond): (() => void) => {
    const parsed = parsePath(request.path);
    if (parsed === undefined) {
      respond(emptyReply(404));
      return NOTHING;
    }
    const { token, rest, query } = parsed;
    const device = this.#server.deviceOf(token);
    if (device === undefined) {
      respond(emptyReply(401));
      return NOTHING;
    }
    const route = `${request.method} ${rest}`;
    if (route === "GET attributes/updates") {
      return this.#poll(device.listeners, query, respond);
    }
    if (route === "GET rpc") return this.#poll(device.callees, query, respond);
    respond(this.#reply(route, request, device, query));
    return NOTHING;
  };

  #reply(
    route: string,
    request: HttpRequest,
    device: ServerDevice,
    query: URLSearchParams,
  ): HttpOutcome {
    switch (route) {
      case "GET attributes":
        return this.#limited(device) ?? attributes(device, query);
      case "POST telemetry":
        return this.#limited(device) ?? this.#telemetry(device, request.body);
      case "POST attributes":
        return this.#limited(device) ?? this.#clientAttributes(device, request.body);
      case "GET firmware":
        return this.#chunk(device, "fw", request.path, query);
      case "GET software":
        return this.#chunk(device, "sw", request.path, query);
      default:
        return callAnswered(route, device) ? emptyReply(200) : emptyReply(404);
    }
  }

  #limited(device: ServerDevice): HttpReply | undefined {
    if (this.#rateLimits.take(device, this.#server.options.scheduler.now)) return undefined;
    return emptyReply(this.#server.quirks.rateLimitIs500 ? 500 : 429);
  }

  #telemetry(device: ServerDevice, body: Uint8Array): HttpReply {
    const samples = parseTelemetry(body, this.#server.nowUnixMs);
    if (samples === undefined) return textReply(500, telemetryProblem(body));
    for (const { ts, key, value } of samples) this.#server.saveTelemetry(device, ts, key, value);
    return emptyReply(200);
  }

  #clientAttributes(device: ServerDevice, body: Uint8Array): HttpReply {
    const samples = parseTelemetry(body, 0);
    if (samples === undefined) return textReply(500, telemetryProblem(body));
    for (const { key, value } of samples) this.#server.saveAttribute(device, key, value);
    return emptyReply(200);
  }

  /** The first message that comes ends the poll; the second of an assignment finds nobody. */
  #poll<Message>(
    listeners: Set<(message: Message) => void>,
    query: URLSearchParams,
    respond: Respond,
  ): () => void {
    const timeoutMs = integerOf(query.get("timeout"), LONG_POLL_DEFAULT_MS);
    if (timeoutMs === undefined || timeoutMs < 0) {
      respond(badRequest("timeout"));
      return NOTHING;
    }
    const { scheduler } = this.#server.options;
    const isCut = this.#server.quirks.longPollEndsAt30s && timeoutMs > ASYNC_LIMIT_MS;
    const endMs = isCut ? ASYNC_LIMIT_MS : timeoutMs;
    const end = scheduler.schedule(scheduler.now + endMs * 1000, () => {
      listeners.delete(listener);
      respond(isCut ? cutReply(this.#server.nowUnixMs) : emptyReply(408));
    });
    const listener = (message: Message) => {
      leave();
      respond(jsonReply(200, message));
    };
    const leave = () => {
      listeners.delete(listener);
      scheduler.cancel(end);
    };
    listeners.add(listener);
    return leave;
  }

  #chunk(
    device: ServerDevice,
    kind: PackageKind,
    path: string,
    query: URLSearchParams,
  ): HttpOutcome {
    const [title, version] = [query.get("title"), query.get("version")];
    const [size, chunk] = [integerOf(query.get("size"), 0), integerOf(query.get("chunk"), 0)];
    if (title === null) return badRequest("title");
    if (version === null) return badRequest("version");
    if (size === undefined) return badRequest("size");
    if (chunk === undefined) return badRequest("chunk");
    const limited = this.#limited(device);
    if (limited !== undefined) return limited;
    const ota = effective(device, kind);
    if (ota === undefined || ota.url !== undefined) return emptyReply(404);
    if (ota.title !== title || ota.version !== version) return emptyReply(400);
    if (size < 0 || chunk < 0 || size * chunk > INT32_MAX) return emptyReply(500);
    const bytes = size === 0 ? ota.data : ota.data.subarray(size * chunk, size * (chunk + 1));
    if (bytes.length === 0 && !this.#server.quirks.emptyPastEnd) return emptyReply(404);
    const named = this.#server.dialect.chunkHeaders(ota, size, chunk);
    const headers = { "content-type": "application/octet-stream", ...named };
    const reply = { status: 200, headers, body: bytes };
    this.#onChunk(device, chunk);
    return this.#faults.apply(device.token, chunk, path, reply);
  }
}

/** Whether that is what it was. */
function callAnswered(route: string, device: ServerDevice): boolean {
  const id = /^POST rpc\/(\d{1,9})$/.exec(route)?.[1];
  if (id !== undefined) device.openCalls.delete(Number(id));
  return id !== undefined;
}

function parsePath(path: string) {
  const at = path.indexOf("?");
  const pathname = at < 0 ? path : path.slice(0, at);
  const [, segment = "", rest = ""] = /^\/api\/v1\/([^/]+)\/(.*)$/.exec(pathname) ?? [];
  const token = decoded(segment);
  if (token === undefined || token === "") return undefined;
  return { token, rest, query: new URLSearchParams(at < 0 ? "" : path.slice(at + 1)) };
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return undefined;
  }
}

/** Undefined for what is no 32-bit integer. */
function integerOf(text: string | null, otherwise: number): number | undefined {
  if (text === null) return otherwise;
  const value = /^[+-]?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value >= -INT32_MAX - 1 && value <= INT32_MAX ? value : undefined;
}

/** Of an answer that Spring did not wait for: it has no message. */
function cutReply(timestamp: number): HttpReply {
  return jsonReply(503, { status: 503, message: null, errorCode: 2, timestamp });
}

function badRequest(parameter: string): HttpReply {
  const message = `Required request parameter '${parameter}' is not present or cannot be read`;
  return jsonReply(400, { status: 400, message, errorCode: 31 });
}

function attributes(device: ServerDevice, query: URLSearchParams): HttpReply {
  const parts = attributesOfQuery(device, query.get("sharedKeys"), query.get("clientKeys"));
  return jsonReply(200, parts);
}
