import type { Answer, Ask } from "./dialect.ts";
import { type MqttHeard, type MqttSaying, MqttTalk, type MqttWords } from "./mqtt-talk.ts";
import { type PackageKind, parseAttributes, sharedKeys, telemetryOf } from "./thingsboard.ts";

/** `NETTY_MAX_PAYLOAD_SIZE`: a request for more ends the connection. */
const CHUNK_BYTES_MAX = 65_536;
export const MQTT_ATTRIBUTES = "v1/devices/me/attributes";
export const MQTT_TELEMETRY = "v1/devices/me/telemetry";
/** Of firmware and software alike. */
const ERRORS = "v2/fw/error";

/** The device API over MQTT of ThingsBoard as it is (since 4.1). */
export class ThingsBoardMqtt extends MqttTalk {
  constructor(kind: PackageKind) {
    super(new ThingsBoardWords(kind));
  }
}

class ThingsBoardWords implements MqttWords {
  readonly chunkBytesMax = CHUNK_BYTES_MAX;
  /** Matched as they are written; anything else is refused. */
  readonly filters: readonly string[];
  readonly #kind: PackageKind;
  #attributesId = 0;
  /**
   * Under which the server keeps the package that it gives, for as long as the connection stands. A
   * new one for each attempt: behind the old one may be another package, or nothing any more.
   */
  #requestId = 0;
  #offer: string | undefined;

  constructor(kind: PackageKind) {
    this.#kind = kind;
    const chunks = `v2/${kind}/response/+/chunk/+`;
    this.filters = [MQTT_ATTRIBUTES, `${MQTT_ATTRIBUTES}/response/+`, chunks, ERRORS];
  }

  forget(): void {
    this.#offer = undefined;
  }

  say(ask: Ask, id: number): readonly MqttSaying[] {
    switch (ask.type) {
      case "target": {
        this.#attributesId = id;
        const payload = JSON.stringify({ sharedKeys: sharedKeys(this.#kind) });
        return [{ topic: `${MQTT_ATTRIBUTES}/request/${id}`, payload }];
      }
      case "chunk":
        if (this.#offer !== ask.offer.identity) this.#requestId += 1;
        this.#offer = ask.offer.identity;
        // Plain decimal: anything else ends the connection, nothing fetches the whole file.
        return [{ topic: this.#chunkTopic("request", ask.index), payload: String(ask.chunkBytes) }];
      case "report":
        return [{ topic: MQTT_TELEMETRY, payload: telemetryOf(ask.report, this.#kind) }];
      case "change":
        return [];
      default:
        return ask satisfies never;
    }
  }

  hear(asked: Ask | undefined, topic: string, payload: Uint8Array): MqttHeard | undefined {
    if (topic === MQTT_ATTRIBUTES) return { answer: { type: "changed" } };
    if (asked?.type === "target" && topic === `${MQTT_ATTRIBUTES}/response/${this.#attributesId}`) {
      const parsed = parseAttributes(payload, this.#kind);
      if (parsed.ok) return { answer: { type: "target", offer: parsed.offer } };
      const detail = `the server answers with ${parsed.problem}`;
      return { answer: { type: "failed", detail } };
    }
    if (asked?.type !== "chunk") return undefined;
    if (topic === this.#chunkTopic("response", asked.index)) {
      // Too few, and none at all, may mean that the server's cache has lost the package.
      if (payload.length !== asked.expectBytes) this.#offer = undefined;
      return { answer: { type: "chunk", bytes: payload } };
    }
    return topic === ERRORS ? { answer: errorOf(payload) } : undefined;
  }

  #chunkTopic(direction: "request" | "response", index: number): string {
    return `v2/${this.#kind}/${direction}/${this.#requestId}/chunk/${index}`;
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
