import type { PackageKind } from "#agent/pull/thingsboard.ts";
import { type AttributePush, type DeviceCall, effective, type ServerDevice } from "./device.ts";
import { ChunkFaults } from "./faults.ts";
import { encodeJson, readKeys } from "./mqtt-payload.ts";
import type { OtaPackage } from "./ota-package.ts";
import { RateLimits } from "./rate-limit.ts";
import type { ThingsBoard } from "./server.ts";
import { parseTelemetry } from "./telemetry-json.ts";

/** What a session does to its connection. */
export interface MqttConnection {
  connack(code: number, sessionPresent: boolean): void;
  suback(messageId: number, granted: readonly number[]): void;
  puback(messageId: number): void;
  publish(topic: string, payload: Uint8Array, qos: 0 | 1): void;
  close(): void;
}

export interface MqttConnect {
  readonly clean: boolean;
  readonly username: string | undefined;
}

export interface MqttPublish {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly messageId: number;
}

/** What the sessions of a server have in common. */
export interface MqttSessionOptions {
  readonly rateLimits?: RateLimits<ServerDevice>;
  readonly faults?: ChunkFaults;
  /** A chunk is about to be given. */
  readonly onChunk?: (device: ServerDevice, chunk: number) => void;
}

const INT32_MAX = 2_147_483_647;
/** `NETTY_MAX_PAYLOAD_SIZE`. */
const CHUNK_BYTES_MAX = 65_536;
/** Life of a package in the server's cache after it was put there. */
const CACHE_LIFE_US = 3_600_000_000;
const REFUSED = 0x80;
const ATTRIBUTES = "v1/devices/me/attributes";
const CALLS = "v1/devices/me/rpc/request/+";
/** Filters are compared as they are written. */
const FILTERS: readonly string[] = [
  ATTRIBUTES,
  `${ATTRIBUTES}/response/+`,
  CALLS,
  "v2/fw/response/+/chunk/+",
  "v2/sw/response/+/chunk/+",
  "v2/fw/error",
  "v2/sw/error",
];

/** What the server keeps under a request id, while the connection stands. */
interface Remembered {
  readonly ota: OtaPackage;
  readonly cachedUs: number;
  size: number;
}

/** One connection to ThingsBoard's device API over MQTT 3.1.1, sans-IO. */
export class MqttSession {
  readonly #server: ThingsBoard;
  readonly #connection: MqttConnection;
  readonly #granted = new Map<string, 0 | 1>();
  readonly #requests = new Map<string, Remembered>();
  readonly #rateLimits: RateLimits<ServerDevice>;
  readonly #faults: ChunkFaults;
  readonly #onChunk: MqttSessionOptions["onChunk"];
  #device: ServerDevice | undefined;

  constructor(server: ThingsBoard, connection: MqttConnection, options: MqttSessionOptions = {}) {
    this.#server = server;
    this.#rateLimits = options.rateLimits ?? new RateLimits(undefined);
    this.#faults = options.faults ?? new ChunkFaults([]);
    this.#onChunk = options.onChunk;
    this.#connection = connection;
  }

  connect({ clean, username }: MqttConnect): void {
    const device = username === undefined ? undefined : this.#server.deviceOf(username);
    if (device === undefined) {
      this.#connection.connack(username === undefined ? 2 : 5, false);
      this.#connection.close();
      return;
    }
    const { quirks } = this.#server;
    if (quirks.kicksOlderSession) device.kick?.();
    this.#device = device;
    device.kick = this.#kick;
    this.#connection.connack(0, quirks.liesOfSession && !clean);
  }

  subscribe(messageId: number, filters: readonly { topic: string; qos: 0 | 1 | 2 }[]): void {
    const granted = filters.map(({ topic, qos }) => {
      if (!FILTERS.includes(topic)) return REFUSED;
      const grant = qos === 0 ? 0 : 1;
      this.#granted.set(topic, grant);
      return grant;
    });
    if (this.#granted.has(ATTRIBUTES)) this.#device?.listeners.add(this.#push);
    if (this.#granted.has(CALLS)) this.#device?.callees.add(this.#call);
    this.#connection.suback(messageId, granted);
  }

  publish(message: MqttPublish): void {
    const device = this.#device;
    if (device === undefined) {
      this.#end();
      return;
    }
    const { topic } = message;
    const attributes = /^v1\/devices\/me\/attributes\/request\/(\d{1,9})$/.exec(topic);
    const chunk = /^v2\/(fw|sw)\/request\/(\d+)\/chunk\/(\d+)$/.exec(topic);
    const call = /^v1\/devices\/me\/rpc\/response\/(\d{1,9})$/.exec(topic);
    if (topic === "v1/devices/me/telemetry" || topic === ATTRIBUTES) this.#values(device, message);
    else if (attributes !== null) this.#attributes(device, attributes[1] ?? "", message);
    else if (chunk !== null) {
      const [, kind = "", requestId = "", index = ""] = chunk;
      this.#chunk(device, kind === "sw" ? "sw" : "fw", requestId, index, message);
    } else if (call !== null) {
      device.openCalls.delete(Number(call[1]));
      if (message.qos > 0) this.#connection.puback(message.messageId);
    } else this.#end();
  }

  /** The connection is gone. */
  closed(): void {
    const device = this.#device;
    if (device === undefined) return;
    device.listeners.delete(this.#push);
    device.callees.delete(this.#call);
    if (device.kick === this.#kick) device.kick = undefined;
    this.#device = undefined;
  }

  #end(): void {
    this.closed();
    this.#connection.close();
  }

  readonly #kick = () => this.#end();

  readonly #push = (push: AttributePush) => this.#send(ATTRIBUTES, encodeJson(push), ATTRIBUTES);

  readonly #call = ({ id, method, params }: DeviceCall) =>
    this.#send(CALLS.replace("+", String(id)), encodeJson({ method, params }), CALLS);

  /** Telemetry, or client attributes. */
  #values(device: ServerDevice, { topic, payload, qos, messageId }: MqttPublish): void {
    const samples = parseTelemetry(payload, this.#server.nowUnixMs);
    if (samples === undefined || this.#isTooMany(device)) {
      this.#end();
      return;
    }
    for (const { ts, key, value } of samples) {
      if (topic === ATTRIBUTES) this.#server.saveAttribute(device, key, value);
      else this.#server.saveTelemetry(device, ts, key, value);
    }
    if (qos > 0) this.#connection.puback(messageId);
  }

  #attributes(device: ServerDevice, id: string, { payload, qos, messageId }: MqttPublish): void {
    const wanted = readKeys(payload);
    if (wanted === undefined || this.#isTooMany(device)) {
      this.#end();
      return;
    }
    if (qos > 0) this.#connection.puback(messageId);
    const shared = [...device.shared].filter(
      ([key]) => wanted.length === 0 || wanted.includes(key),
    );
    const body = shared.length === 0 ? {} : { shared: Object.fromEntries(shared) };
    this.#send(`${ATTRIBUTES}/response/${id}`, encodeJson(body), `${ATTRIBUTES}/response/+`);
  }

  #chunk(
    device: ServerDevice,
    kind: PackageKind,
    requestId: string,
    index: string,
    { payload, qos, messageId }: MqttPublish,
  ): void {
    const { quirks } = this.#server;
    const asked = this.#server.dialect.chunkSizeOf(payload, quirks);
    if (asked === undefined || Number(index) > INT32_MAX) {
      this.#end();
      return;
    }
    if (asked > CHUNK_BYTES_MAX) {
      this.#refuse(kind, "PAYLOAD_TOO_LARGE");
      return;
    }
    // Later requests of an id cost nothing.
    if (!this.#requests.has(`${kind} ${requestId}`) && this.#isTooMany(device)) {
      this.#end();
      return;
    }
    const known = this.#requestOf(device, kind, requestId);
    if (known === undefined) {
      this.#refuse(kind, "NOT_FOUND");
      return;
    }
    if (known.ota.url !== undefined) {
      this.#refuse(kind, "FAILURE");
      return;
    }
    if (asked > 0) known.size = asked;
    const size = quirks.remembersSize ? known.size : asked;
    if (qos > 0) this.#connection.puback(messageId);
    const start = size * Number(index);
    if (start > INT32_MAX) return;
    const { data } = known.ota;
    const isLost =
      quirks.cacheExpires && this.#server.options.scheduler.now - known.cachedUs > CACHE_LIFE_US;
    const bytes = size === 0 ? data : data.subarray(start, start + size);
    const topic = `v2/${kind}/response/${requestId}/chunk/${index}`;
    this.#give(device, kind, topic, Number(index), isLost ? bytes.subarray(0, 0) : bytes);
  }

  #give(
    device: ServerDevice,
    kind: PackageKind,
    topic: string,
    index: number,
    body: Uint8Array,
  ): void {
    this.#onChunk?.(device, index);
    const outcome = this.#faults.apply(device.token, index, topic, {
      status: 200,
      headers: {},
      body,
    });
    if (outcome === "silence") return;
    if (outcome === "close") this.#end();
    else if (outcome.status === 200) {
      this.#send(topic, outcome.body, `v2/${kind}/response/+/chunk/+`);
    } else this.#refuse(kind, "UNKNOWN");
  }

  #isTooMany(device: ServerDevice): boolean {
    return !this.#rateLimits.take(device, this.#server.options.scheduler.now);
  }

  /** The first request of an id decides which package it stands for. */
  #requestOf(device: ServerDevice, kind: PackageKind, requestId: string): Remembered | undefined {
    const key = `${kind} ${requestId}`;
    const known = this.#requests.get(key);
    const assigned = effective(device, kind);
    const isStale = !this.#server.quirks.keepsPackage && known?.ota.id !== assigned?.id;
    if (known !== undefined && !isStale) return known;
    if (assigned === undefined) return undefined;
    const cachedUs = this.#server.options.scheduler.now;
    const made = { ota: assigned, cachedUs, size: 0 };
    this.#requests.set(key, made);
    return made;
  }

  #refuse(kind: PackageKind, text: string): void {
    const { errorsOnFw } = this.#server.quirks;
    const topic = `v2/${errorsOnFw ? "fw" : kind}/error`;
    this.#send(topic, new TextEncoder().encode(text), topic);
    this.#end();
  }

  /** At the level granted to the filter; also without one, then at level 1. */
  #send(topic: string, payload: Uint8Array, filter: string): void {
    const granted = this.#granted.get(filter);
    if (granted === undefined && !this.#server.quirks.publishesUnasked) return;
    this.#connection.publish(topic, payload, granted ?? 1);
  }
}
