import mqtt, { type IClientOptions, type MqttClient } from "mqtt";

export interface MqttSessionOptions {
  /** `mqtt://` or `mqtts://`. */
  readonly url: string;
  readonly clientId?: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM: who the device is by TLS, and whom it trusts. */
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  readonly ca?: Uint8Array;
}

export interface MqttSessionEvents {
  readonly onConnected: () => void;
  readonly onMessage: (topic: string, payload: Uint8Array) => void;
  /** Refused, lost, or closed by the server; once, and nothing after it. */
  readonly onClosed: (detail: string, isUnknown: boolean) => void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_S = 60;

/** CONNACK codes of MQTT 3.1.1. */
const REFUSALS: Readonly<Record<number, string>> = {
  2: "the server does not know this client id",
  3: "the server is not to be had",
  4: "the server does not know this user name or password",
  5: "the server does not know these credentials",
};
const UNKNOWN: readonly number[] = [2, 4, 5];

/**
 * One MQTT 3.1.1 session, clean, and never taken up again by itself: whoever wants another one opens
 * it. Nothing that was published waits for a later session.
 */
export class MqttSession {
  readonly #client: MqttClient;
  readonly #events: MqttSessionEvents;
  #isOver = false;
  #lastError: Error | undefined;

  constructor({ url, cert, key, ca, ...identity }: MqttSessionOptions, events: MqttSessionEvents) {
    this.#events = events;
    const options: IClientOptions = {
      ...identity,
      ...(cert === undefined ? {} : { cert: Buffer.from(cert) }),
      ...(key === undefined ? {} : { key: Buffer.from(key) }),
      ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
      protocolVersion: 4,
      clean: true,
      resubscribe: false,
      queueQoSZero: false,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEP_ALIVE_S,
    };
    this.#client = mqtt.connect(url, options);
    this.#client.on("connect", () => this.#tell(() => events.onConnected()));
    this.#client.on("message", (topic, payload) => {
      this.#tell(() => events.onMessage(topic, payload));
    });
    this.#client.on("error", (error) => {
      this.#lastError = error;
      this.#end();
    });
    this.#client.on("close", () => this.#end());
  }

  /** `onDone` whatever the server grants. */
  subscribe(filters: readonly string[], onDone: () => void): void {
    this.#client.subscribe([...filters], { qos: 1 }, () => this.#tell(onDone));
  }

  /** QoS 1; `onAcknowledged` unless the session ends before. */
  publish(topic: string, payload: string | Uint8Array, onAcknowledged: () => void): void {
    const body = typeof payload === "string" ? payload : Buffer.from(payload);
    this.#client.publish(topic, body, { qos: 1 }, (error) => {
      if (!error) this.#tell(onAcknowledged);
    });
  }

  /** Says nothing more. */
  close(): void {
    this.#isOver = true;
    this.#client.end(true);
  }

  #tell(tell: () => void): void {
    if (!this.#isOver) tell();
  }

  #end(): void {
    if (this.#isOver) return;
    this.close();
    const code = codeOf(this.#lastError);
    this.#events.onClosed(detailOf(this.#lastError, code), UNKNOWN.includes(Number(code)));
  }
}

function codeOf(error: Error | undefined): unknown {
  return error !== undefined && "code" in error ? error.code : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was closed",
  ENOTFOUND: "no such host",
};

function detailOf(error: Error | undefined, code: unknown): string {
  if (error === undefined) return "the connection was closed";
  if (typeof code === "number") return REFUSALS[code] ?? `the server refuses (${code})`;
  return REASONS[String(code)] ?? (error.message || "no connection");
}
