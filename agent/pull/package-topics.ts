import type { Ask } from "./dialect.ts";
import type { MqttHeard, MqttSaying } from "./mqtt-talk.ts";
import type { PackageKind, ParsedOffer } from "./thingsboard.ts";

type ChunkAsk = Ask & { readonly type: "chunk" };

export const MQTT_ATTRIBUTES = "v1/devices/me/attributes";
export const MQTT_TELEMETRY = "v1/devices/me/telemetry";

/** The topics on which a device asks a ThingsBoard for what is assigned and for its chunks, and their numbers. */
export class PackageTopics {
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
    this.filters = [MQTT_ATTRIBUTES, `${MQTT_ATTRIBUTES}/response/+`, chunks];
  }

  /** The next chunk is asked for under another number. */
  forget(): void {
    this.#offer = undefined;
  }

  askTarget(id: number, sharedKeys: string): MqttSaying {
    this.#attributesId = id;
    const payload = JSON.stringify({ sharedKeys });
    return { topic: `${MQTT_ATTRIBUTES}/request/${id}`, payload };
  }

  askChunk({ offer, index }: ChunkAsk, payload: string): MqttSaying {
    if (this.#offer !== offer.identity) this.#requestId += 1;
    this.#offer = offer.identity;
    return { topic: this.#chunkTopic("request", index), payload };
  }

  isTarget(topic: string): boolean {
    return topic === `${MQTT_ATTRIBUTES}/response/${this.#attributesId}`;
  }

  /** Whether it is that chunk. Too few bytes, and none at all, may mean that the server's cache has lost the package. */
  takesChunk({ index, expectBytes }: ChunkAsk, topic: string, { length }: Uint8Array): boolean {
    const isIt = topic === this.#chunkTopic("response", index);
    if (isIt && length !== expectBytes) this.forget();
    return isIt;
  }

  #chunkTopic(direction: "request" | "response", index: number): string {
    return `v2/${this.#kind}/${direction}/${this.#requestId}/chunk/${index}`;
  }
}

export function targetHeard(parsed: ParsedOffer): MqttHeard {
  if (parsed.ok) return { answer: { type: "target", offer: parsed.offer } };
  return { answer: { type: "failed", detail: `the server answers with ${parsed.problem}` } };
}
