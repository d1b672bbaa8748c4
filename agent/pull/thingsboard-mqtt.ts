import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import type { LinkEvent } from "./events.ts";
import { type PackageKind, parseAttributes, sharedKeys, telemetryOf } from "./thingsboard.ts";

/** `NETTY_MAX_PAYLOAD_SIZE`: a request for more ends the connection. */
const CHUNK_BYTES_MAX = 65_536;
const ATTRIBUTES = "v1/devices/me/attributes";
const TELEMETRY = "v1/devices/me/telemetry";
/** Of firmware and software alike. */
const ERRORS = "v2/fw/error";

/**
 * The device API over MQTT of ThingsBoard as it is (since 4.1). It keeps no session and sends nothing
 * again: each connection is clean, subscribes anew, and whoever was away asks.
 */
export class ThingsBoardMqtt implements Dialect {
  readonly chunkBytesMax = CHUNK_BYTES_MAX;
  readonly tellsChanges = true;
  readonly #kind: PackageKind;
  #phase: "closed" | "connecting" | "subscribing" | "open" = "closed";
  #asked: Ask | undefined;
  /** Of the last message, and of the last request of attributes. */
  #id = 0;
  #attributesId = 0;
  /**
   * Under which the server keeps the package that it gives, for as long as the connection stands. A
   * new one for each attempt: behind the old one may be another package, or nothing any more.
   */
  #requestId = 0;
  #offer: string | undefined;

  constructor(kind: PackageKind) {
    this.#kind = kind;
  }

  ask(ask: Ask, io: DialectIo): void {
    this.#asked = ask;
    if (this.#phase === "open") this.#perform(ask, io);
    if (this.#phase !== "closed") return;
    this.#phase = "connecting";
    io.effects.push({ type: "mqttConnect" });
  }

  /** A connection that owes an answer is dead, or its server is not going to give one. */
  giveUp(io: DialectIo): void {
    const isListening = this.#asked?.type === "change" && this.#phase === "open";
    this.#asked = undefined;
    if (isListening || this.#phase === "closed") return;
    this.#phase = "closed";
    this.#offer = undefined;
    io.effects.push({ type: "mqttClose" });
  }

  step(event: LinkEvent, io: DialectIo): Answer | "reached" | undefined {
    switch (event.type) {
      case "mqttConnected":
        if (this.#phase !== "connecting") return undefined;
        this.#phase = "subscribing";
        io.effects.push({ type: "mqttSubscribe", filters: this.#filters() });
        return "reached";
      case "mqttSubscribed":
        if (this.#phase !== "subscribing") return undefined;
        this.#phase = "open";
        // What changed while nobody listened was told to nobody.
        if (this.#asked?.type === "change") return this.#answered({ type: "changed" });
        if (this.#asked !== undefined) this.#perform(this.#asked, io);
        return "reached";
      case "mqttPublished":
        if (this.#asked?.type !== "report" || event.id !== this.#id) return undefined;
        return this.#answered({ type: "reported" });
      case "mqttMessage":
        return this.#phase === "open" ? this.#message(event.topic, event.payload) : undefined;
      case "mqttClosed": {
        this.#phase = "closed";
        this.#offer = undefined;
        if (this.#asked === undefined) return undefined;
        const { detail, isUnknown } = event;
        if (!isUnknown) return this.#answered({ type: "failed", detail });
        return this.#answered({ type: "denied", cause: "credentials", detail });
      }
      case "httpResponse":
      case "httpFailed":
      case "coapResponse":
      case "coapFailed":
      case "fetched":
      case "fetchFailed":
      case "serialData":
      case "serialSilent":
      case "serialClosed":
        return undefined;
      default:
        return event satisfies never;
    }
  }

  /** Matched as they are written; anything else is refused. */
  #filters(): readonly string[] {
    const kind = this.#kind;
    const chunks = `v2/${kind}/response/+/chunk/+`;
    return [ATTRIBUTES, `${ATTRIBUTES}/response/+`, chunks, ERRORS];
  }

  #perform(ask: Ask, { effects }: DialectIo): void {
    this.#id += 1;
    const id = this.#id;
    const publish = (topic: string, payload: string) =>
      effects.push({ type: "mqttPublish", id, topic, payload });
    switch (ask.type) {
      case "target":
        this.#attributesId = id;
        publish(
          `${ATTRIBUTES}/request/${id}`,
          JSON.stringify({ sharedKeys: sharedKeys(this.#kind) }),
        );
        break;
      case "chunk":
        if (this.#offer !== ask.offer.identity) this.#requestId += 1;
        this.#offer = ask.offer.identity;
        // Plain decimal: anything else ends the connection, nothing fetches the whole file.
        publish(this.#chunkTopic("request", ask.index), String(ask.chunkBytes));
        break;
      case "report":
        publish(TELEMETRY, telemetryOf(ask.report, this.#kind));
        break;
      case "change":
        break;
      default:
        ask satisfies never;
    }
  }

  #chunkTopic(direction: "request" | "response", index: number): string {
    return `v2/${this.#kind}/${direction}/${this.#requestId}/chunk/${index}`;
  }

  #message(topic: string, payload: Uint8Array): Answer | undefined {
    const asked = this.#asked;
    if (topic === ATTRIBUTES) return { type: "changed" };
    if (asked?.type === "target" && topic === `${ATTRIBUTES}/response/${this.#attributesId}`) {
      const parsed = parseAttributes(payload, this.#kind);
      if (parsed.ok) return this.#answered({ type: "target", offer: parsed.offer });
      return this.#answered({
        type: "failed",
        detail: `the server answers with ${parsed.problem}`,
      });
    }
    if (asked?.type !== "chunk") return undefined;
    if (topic === this.#chunkTopic("response", asked.index)) {
      // Too few, and none at all, may mean that the server's cache has lost the package.
      if (payload.length !== asked.expectBytes) this.#offer = undefined;
      return this.#answered({ type: "chunk", bytes: payload });
    }
    return topic === ERRORS ? this.#answered(errorOf(payload)) : undefined;
  }

  #answered(answer: Answer): Answer {
    this.#asked = undefined;
    return answer;
  }
}

const ERROR_LENGTH_MAX = 60;

/** The server closes the connection after it. */
function errorOf(payload: Uint8Array): Answer {
  const text = new TextDecoder().decode(payload.subarray(0, ERROR_LENGTH_MAX));
  const detail = `the server answers ${text.replace(/\p{C}/gu, "?")}`;
  const isGone = text === "NOT_FOUND" || text === "FAILURE";
  return isGone ? { type: "denied", cause: "assignment", detail } : { type: "failed", detail };
}
