import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import { type DrogueOptions, DrogueTalk } from "./drogue.ts";
import { DROGUE_CHANNEL } from "./drogue.wire.ts";
import type { LinkEvent } from "./events.ts";

/** What it can hold; the protocol itself has no limit. */
const CHUNK_BYTES_MAX = 1024 * 1024;

/**
 * Drogue's MQTT endpoint: a status is published to the channel `dfu`, commands come to an inbox, once and
 * only to who listens. What tells an answer from a command that nobody asked for is its correlation id.
 */
export class DrogueMqtt implements Dialect {
  readonly chunkBytesMax = CHUNK_BYTES_MAX;
  readonly tellsChanges = true;
  readonly isSilent = true;
  readonly #talk: DrogueTalk;
  readonly #child: string;
  #phase: "closed" | "connecting" | "subscribing" | "open" = "closed";
  #status: Uint8Array | undefined;
  #isListening = false;
  #id = 0;
  /** The server has the status. */
  #isTaken = false;

  constructor(options: DrogueOptions) {
    this.#talk = new DrogueTalk(options);
    this.#child = options.child ?? "";
  }

  ask(ask: Ask, io: DialectIo): void {
    this.#isListening = ask.type === "change";
    this.#status = ask.type === "change" ? undefined : this.#talk.ask(ask);
    if (this.#phase === "open") this.#publish(io);
    if (this.#phase !== "closed") return;
    this.#phase = "connecting";
    io.effects.push({ type: "mqttConnect" });
  }

  /** Who took the status and who answers it are two: the connection of a status that was taken is alive. */
  giveUp(io: DialectIo): void {
    const isAlive = this.#phase === "open" && (this.#isListening || this.#isTaken);
    this.#talk.giveUp();
    this.#isListening = false;
    if (isAlive || this.#phase === "closed") return;
    this.#phase = "closed";
    io.effects.push({ type: "mqttClose" });
  }

  step(event: LinkEvent, io: DialectIo): Answer | "reached" | undefined {
    switch (event.type) {
      case "mqttConnected":
        if (this.#phase !== "connecting") return undefined;
        this.#phase = "subscribing";
        io.effects.push({ type: "mqttSubscribe", filters: [`command/inbox/${this.#child}/#`] });
        return "reached";
      case "mqttSubscribed":
        if (this.#phase !== "subscribing") return undefined;
        this.#phase = "open";
        // What was told while nobody listened was told to nobody.
        if (this.#isListening) return { type: "changed" };
        this.#publish(io);
        return "reached";
      case "mqttPublished":
        if (event.id === this.#id) this.#isTaken = true;
        return undefined;
      case "mqttMessage": {
        const isCommand = event.topic === `command/inbox/${this.#child}/${DROGUE_CHANNEL}`;
        return this.#phase === "open" && isCommand ? this.#command(event.payload, io) : undefined;
      }
      case "mqttClosed":
        return this.#closed(event.detail, event.isUnknown);
      default:
        return undefined;
    }
  }

  #publish({ effects }: DialectIo): void {
    if (this.#status === undefined) return;
    this.#id += 1;
    this.#isTaken = false;
    const topic = this.#child === "" ? DROGUE_CHANNEL : `${DROGUE_CHANNEL}/${this.#child}`;
    effects.push({ type: "mqttPublish", id: this.#id, topic, payload: this.#status });
  }

  #command(payload: Uint8Array, io: DialectIo): Answer | "reached" | undefined {
    const turn = this.#talk.take(payload);
    switch (turn.type) {
      case "answer":
        return turn.answer;
      case "status":
        this.#status = turn.status;
        this.#publish(io);
        return "reached";
      case "push":
        return { type: "changed" };
      case "late":
        return undefined;
      default:
        return turn satisfies never;
    }
  }

  #closed(detail: string, isUnknown: boolean): Answer | undefined {
    this.#phase = "closed";
    if (this.#talk.asked === undefined && !this.#isListening) return undefined;
    this.#talk.giveUp();
    this.#isListening = false;
    return isUnknown
      ? { type: "denied", cause: "credentials", detail }
      : { type: "failed", detail };
  }
}
