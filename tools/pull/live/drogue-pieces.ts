import { DROGUE_CHANNEL, drogueCommand, drogueStatus } from "#agent/pull/drogue.wire.ts";
import { decodeCbor, encodeCbor } from "#agent/wire/cbor.ts";
import type { CoapHeard } from "#sim/server/thingsboard/coap-exchange.ts";
import type { HttpOutcome, HttpRequest } from "#sim/server/thingsboard/http-exchange.ts";
import { type Bridge, CHUNK_OK, type Pieces, type Spoil } from "./bridge.ts";

const PATH = `/v1/${DROGUE_CHANNEL}`;
const COMMAND = /^command\/inbox\/[^/]*\/dfu$/;
/** An answer to one of these may still come. */
const STATUSES_MAX = 16;

/** Drogue's pieces of firmware: a command says from where on, and which status it answers. */
export class DroguePieces implements Pieces {
  readonly #bridge: Pick<Bridge, "onChunk" | "onFurther">;
  readonly #chunkBytes: number;
  /** By the number of a status: whether it tells of a download. The newest last. */
  readonly #statuses = new Map<number | undefined, boolean>();

  constructor(bridge: Pick<Bridge, "onChunk" | "onFurther">, chunkBytes: number) {
    this.#bridge = bridge;
    this.#chunkBytes = chunkBytes;
  }

  ofHttp({ path, body }: HttpRequest): Spoil | undefined {
    if (path.split("?")[0] !== PATH) return undefined;
    this.#told(body);
    return this.#spoil;
  }

  ofCoap({ path, payload }: CoapHeard): Spoil | undefined {
    if (`/${path.join("/")}` !== PATH) return undefined;
    this.#told(payload);
    return this.#spoil;
  }

  onPublish(topic: string, payload: Uint8Array): void {
    if (topic === DROGUE_CHANNEL) this.#told(payload);
  }

  ofMqtt(topic: string): Spoil | undefined {
    return COMMAND.test(topic) ? this.#spoil : undefined;
  }

  mqttError(): never {
    throw new RangeError("Drogue has no word for an error by MQTT");
  }

  #told(payload: Uint8Array): void {
    const status = decodeCbor(drogueStatus, payload);
    if (!status.ok) return;
    const { correlationId, update } = status.value;
    this.#statuses.delete(correlationId);
    this.#statuses.set(correlationId, update !== undefined);
    const [oldest] = this.#statuses.keys();
    if (this.#statuses.size > STATUSES_MAX) this.#statuses.delete(oldest);
  }

  /** Who only asks what there is has no download yet. */
  readonly #spoil: Spoil = (payload): HttpOutcome => {
    const decoded = decodeCbor(drogueCommand, payload);
    const command = decoded.ok ? decoded.value : undefined;
    if (command?.name !== "Write" || !this.#statuses.get(command.correlationId)) {
      return { status: CHUNK_OK, headers: {}, body: payload };
    }
    const { offset, data } = command;
    const chunk = Math.floor(offset / this.#chunkBytes);
    const { onChunk, onFurther } = this.#bridge;
    const spoil = offset % this.#chunkBytes === 0 ? onChunk : onFurther;
    const outcome = spoil(chunk, PATH, data);
    if (typeof outcome === "string" || outcome.status !== CHUNK_OK) return outcome;
    if (outcome.body === data) return { ...outcome, body: payload };
    const body = encodeCbor(drogueCommand, { ...command, data: outcome.body }, "packed");
    return { ...outcome, body };
  };
}
