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
import type { PackageKind } from "./thingsboard.ts";
import { MQTT_ATTRIBUTES, MQTT_TELEMETRY } from "./thingsboard-mqtt.ts";

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
  #attributesId = 0;
  /** Another one for each download: what comes late of the one before is none of it. */
  #requestId = 0;
  #offer: string | undefined;

  constructor(kind: PackageKind) {
    this.#kind = kind;
    const chunks = `v2/${kind}/response/+/chunk/+`;
    const attributes = [MQTT_ATTRIBUTES, `${MQTT_ATTRIBUTES}/response/+`];
    this.filters = [...attributes, chunks, `${MQTT_RPC}/request/+`];
  }

  forget(): void {
    this.#offer = undefined;
  }

  say(ask: Ask, id: number): readonly MqttSaying[] {
    switch (ask.type) {
      case "target": {
        this.#attributesId = id;
        const payload = JSON.stringify({ sharedKeys: documentedKeys(this.#kind) });
        return [{ topic: `${MQTT_ATTRIBUTES}/request/${id}`, payload }];
      }
      case "chunk": {
        if (this.#offer !== ask.offer.identity) this.#requestId += 1;
        this.#offer = ask.offer.identity;
        const payload = chunkRequest(ask.chunkBytes);
        return [{ topic: this.#chunkTopic("request", ask.index), payload }];
      }
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
    if (asked?.type === "target" && topic === `${MQTT_ATTRIBUTES}/response/${this.#attributesId}`) {
      const parsed = parseDocumentedOffer(payload, this.#kind, asked.title);
      if (parsed.ok) return { answer: { type: "target", offer: parsed.offer } };
      const detail = `the server answers with ${parsed.problem}`;
      return { answer: { type: "failed", detail } };
    }
    if (asked?.type !== "chunk" || topic !== this.#chunkTopic("response", asked.index)) {
      return undefined;
    }
    if (payload.length !== asked.expectBytes) this.#offer = undefined;
    return { answer: documentedChunk(asked, payload) };
  }

  #chunkTopic(direction: "request" | "response", index: number): string {
    return `v2/${this.#kind}/${direction}/${this.#requestId}/chunk/${index}`;
  }
}
