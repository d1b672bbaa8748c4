import type { Answer, Ask } from "./dialect.ts";
import { type MqttHeard, type MqttSaying, MqttTalk, type MqttWords } from "./mqtt-talk.ts";
import { MQTT_ATTRIBUTES, MQTT_TELEMETRY, PackageTopics, targetHeard } from "./package-topics.ts";
import { type PackageKind, parseAttributes, sharedKeys, telemetryOf } from "./thingsboard.ts";

/** `NETTY_MAX_PAYLOAD_SIZE`: a request for more ends the connection. */
const CHUNK_BYTES_MAX = 65_536;
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
  readonly filters: readonly string[];
  readonly #kind: PackageKind;
  readonly #topics: PackageTopics;

  constructor(kind: PackageKind) {
    this.#kind = kind;
    this.#topics = new PackageTopics(kind);
    this.filters = [...this.#topics.filters, ERRORS];
  }

  forget(): void {
    this.#topics.forget();
  }

  say(ask: Ask, id: number): readonly MqttSaying[] {
    switch (ask.type) {
      case "target":
        return [this.#topics.askTarget(id, sharedKeys(this.#kind))];
      case "chunk":
        // Plain decimal: anything else ends the connection, nothing fetches the whole file.
        return [this.#topics.askChunk(ask, String(ask.chunkBytes))];
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
    if (asked?.type === "target" && this.#topics.isTarget(topic)) {
      return targetHeard(parseAttributes(payload, this.#kind));
    }
    if (asked?.type !== "chunk") return undefined;
    if (this.#topics.takesChunk(asked, topic, payload)) {
      return { answer: { type: "chunk", bytes: payload } };
    }
    return topic === ERRORS ? { answer: errorOf(payload) } : undefined;
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
