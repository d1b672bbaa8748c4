import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import type { LinkEvent } from "./events.ts";

export interface MqttSaying {
  readonly topic: string;
  readonly payload: string;
}

/** What a message from the server means to a device. */
export interface MqttHeard {
  readonly answer: Answer;
  /** To be said at once. */
  readonly reply?: MqttSaying;
}

/** What one kind of server and its devices say to each other by MQTT. */
export interface MqttWords {
  readonly chunkBytesMax: number;
  readonly filters: readonly string[];
  /** Nothing for a change: that is listened for. `id`: another one each time. */
  say(ask: Ask, id: number): readonly MqttSaying[];
  hear(asked: Ask | undefined, topic: string, payload: Uint8Array): MqttHeard | undefined;
  /** The server has forgotten what was said. */
  forget(): void;
}

/**
 * A conversation by MQTT with a server that keeps no session and sends nothing again: each connection
 * is clean, subscribes anew, and whoever was away asks.
 */
export class MqttTalk implements Dialect {
  readonly chunkBytesMax: number;
  readonly tellsChanges = true;
  readonly #words: MqttWords;
  #phase: "closed" | "connecting" | "subscribing" | "open" = "closed";
  #asked: Ask | undefined;
  /** Of the last message. */
  #id = 0;
  /** Of the last message of what was asked. */
  #askedId = 0;

  constructor(words: MqttWords) {
    this.#words = words;
    this.chunkBytesMax = words.chunkBytesMax;
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
    this.#close();
    io.effects.push({ type: "mqttClose" });
  }

  step(event: LinkEvent, io: DialectIo): Answer | "reached" | undefined {
    switch (event.type) {
      case "mqttConnected":
        if (this.#phase !== "connecting") return undefined;
        this.#phase = "subscribing";
        io.effects.push({ type: "mqttSubscribe", filters: this.#words.filters });
        return "reached";
      case "mqttSubscribed":
        if (this.#phase !== "subscribing") return undefined;
        this.#phase = "open";
        // What changed while nobody listened was told to nobody.
        if (this.#asked?.type === "change") return this.#answered({ type: "changed" });
        if (this.#asked !== undefined) this.#perform(this.#asked, io);
        return "reached";
      case "mqttPublished":
        if (this.#asked?.type !== "report" || event.id !== this.#askedId) return undefined;
        return this.#answered({ type: "reported" });
      case "mqttMessage":
        return this.#phase === "open" ? this.#message(event.topic, event.payload, io) : undefined;
      case "mqttClosed": {
        this.#close();
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

  #perform(ask: Ask, io: DialectIo): void {
    for (const saying of this.#words.say(ask, this.#id + 1)) this.#publish(saying, io);
    this.#askedId = this.#id;
  }

  #publish({ topic, payload }: MqttSaying, { effects }: DialectIo): void {
    this.#id += 1;
    effects.push({ type: "mqttPublish", id: this.#id, topic, payload });
  }

  #message(topic: string, payload: Uint8Array, io: DialectIo): Answer | undefined {
    const heard = this.#words.hear(this.#asked, topic, payload);
    if (heard?.reply !== undefined) this.#publish(heard.reply, io);
    // A change answers nothing else, and comes whatever is asked.
    return heard?.answer.type === "changed" ? heard.answer : heard && this.#answered(heard.answer);
  }

  #answered(answer: Answer): Answer {
    this.#asked = undefined;
    return answer;
  }

  #close(): void {
    this.#phase = "closed";
    this.#words.forget();
  }
}
