import type { Ask } from "./dialect.ts";
import {
  CALL_ANSWER,
  documentedChunk,
  documentedKeys,
  documentedMessages,
  parseDocumentedOffer,
} from "./documented.ts";
import { chunkRequest, MQTT_RPC } from "./documented.wire.ts";
import { type MqttHeard, type MqttSaying, MqttTalk, type MqttWords } from "./mqtt-talk.ts";
import { MQTT_ATTRIBUTES, MQTT_TELEMETRY, PackageTopics, targetHeard } from "./package-topics.ts";
import type { PackageKind } from "./thingsboard.ts";

/** What a device can hold; the document has no limit. */
const CHUNK_BYTES_MAX = 65_536;

/** "Firmware Download via MQTT": chunks are asked for in JSON, changes are told by an attribute or by a call (RPC). */
export class DocumentedMqtt extends MqttTalk {
  readonly tellsProgress = true;

  constructor(kind: PackageKind) {
    super(new DocumentedWords(kind));
  }
}

class DocumentedWords implements MqttWords {
  readonly chunkBytesMax = CHUNK_BYTES_MAX;
  readonly filters: readonly string[];
  readonly #kind: PackageKind;
  readonly #topics: PackageTopics;

  constructor(kind: PackageKind) {
    this.#kind = kind;
    this.#topics = new PackageTopics(kind);
    this.filters = [...this.#topics.filters, `${MQTT_RPC}/request/+`];
  }

  forget(): void {
    this.#topics.forget();
  }

  say(ask: Ask, id: number): readonly MqttSaying[] {
    switch (ask.type) {
      case "target":
        return [this.#topics.askTarget(id, documentedKeys(this.#kind))];
      case "chunk":
        return [this.#topics.askChunk(ask, chunkRequest(ask.chunkBytes))];
      case "report":
        return documentedMessages(ask.report, this.#kind).map(({ to, body: payload }) => {
          return { topic: to === "attributes" ? MQTT_ATTRIBUTES : MQTT_TELEMETRY, payload };
        });
      case "change":
        return [];
      default:
        return ask satisfies never;
    }
  }

  hear(asked: Ask | undefined, topic: string, payload: Uint8Array): MqttHeard | undefined {
    if (topic === MQTT_ATTRIBUTES) return { answer: { type: "changed" } };
    const call = /^v1\/devices\/me\/rpc\/request\/(\d{1,10})$/.exec(topic)?.[1];
    if (call !== undefined) {
      const reply = { topic: `${MQTT_RPC}/response/${call}`, payload: CALL_ANSWER };
      return { answer: { type: "changed" }, reply };
    }
    if (asked?.type === "target" && this.#topics.isTarget(topic)) {
      return targetHeard(parseDocumentedOffer(payload, this.#kind, asked.title));
    }
    if (asked?.type !== "chunk" || !this.#topics.takesChunk(asked, topic, payload))
      return undefined;
    return { answer: documentedChunk(asked, payload) };
  }
}
