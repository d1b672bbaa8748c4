import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import { DROGUE_HEAD_BYTES_MAX, type DrogueOptions, DrogueTalk } from "./drogue.ts";
import { DROGUE_CHANNEL, DROGUE_COAP_OPTION } from "./drogue.wire.ts";
import type { CoapOption, LinkEvent } from "./events.ts";

export interface DrogueCoapOptions extends Omit<DrogueOptions, "pieceBytesMax"> {
  /** Value of the option that says who the device is, as in a header of HTTP. */
  readonly authorization: string;
  /** How long the server may wait for a command; less than the time-out of an answer. */
  readonly commandTimeoutS: number;
}

/** What it can hold; it comes in pieces. */
const CHUNK_BYTES_MAX = 1024 * 1024;
/** With the rest of the command in a datagram of 1024 bytes, for versions of up to 40 bytes. */
const PIECE_BYTES_MAX = 960;
const SHOWN_MAX = 60;

/**
 * Drogue's CoAP endpoint: a status is posted to the channel `dfu`, the command is in the response.
 * What was acknowledged and lost, or found nobody to answer, is asked again with the same words.
 */
export class DrogueCoap implements Dialect {
  readonly chunkBytesMax = CHUNK_BYTES_MAX;
  readonly tellsChanges = false;
  readonly isSilent = true;
  readonly #options: DrogueCoapOptions;
  readonly #query: string;
  readonly #talk: DrogueTalk;
  #id = 0;

  constructor(options: DrogueCoapOptions) {
    const { commandTimeoutS, child } = options;
    this.#options = options;
    this.#talk = new DrogueTalk({ ...options, pieceBytesMax: PIECE_BYTES_MAX });
    const as = child === undefined ? "" : `&as=${encodeURIComponent(child)}`;
    // The server reads one option, as the query of a URL.
    this.#query = `ct=${commandTimeoutS}${as}`;
  }

  ask(ask: Ask, io: DialectIo): void {
    this.#post(this.#talk.ask(ask), io);
  }

  giveUp({ effects }: DialectIo): void {
    if (this.#talk.asked !== undefined) effects.push({ type: "coapCancel", id: this.#id });
    this.#talk.giveUp();
  }

  step(event: LinkEvent, io: DialectIo): Answer | "reached" | undefined {
    const { asked } = this.#talk;
    if (event.type !== "coapResponse" && event.type !== "coapFailed") return undefined;
    if (event.id !== this.#id || asked === undefined) return undefined;
    if (event.type === "coapFailed") {
      const { detail, isTooLong } = event;
      return this.#end({ type: asked === "chunk" && isTooLong ? "wrongChunk" : "failed", detail });
    }
    const problem = this.#problemOf(event.code, event.options);
    if (problem !== undefined) return this.#end(problem);
    const turn = this.#talk.take(event.payload);
    switch (turn.type) {
      case "answer":
        return turn.answer;
      case "status":
        this.#post(turn.status, io);
        return "reached";
      case "late":
      case "push":
        return this.#end({ type: "failed", detail: "the command answers another status" });
      default:
        return turn satisfies never;
    }
  }

  #end(answer: Answer): Answer {
    this.#talk.giveUp();
    return answer;
  }

  #post(status: Uint8Array, { effects }: DialectIo): void {
    this.#id += 1;
    const value = new TextEncoder().encode(this.#options.authorization);
    effects.push({
      type: "coapRequest",
      id: this.#id,
      method: "POST",
      path: ["v1", DROGUE_CHANNEL],
      query: [this.#query],
      options: [{ number: DROGUE_COAP_OPTION.authorization, value }],
      payload: status,
      observes: false,
      blockBytes: undefined,
      payloadBytesMax: PIECE_BYTES_MAX + DROGUE_HEAD_BYTES_MAX,
    });
  }

  /** What is no command for an update. */
  #problemOf(code: number, options: readonly CoapOption[]): Answer | undefined {
    if (code === 401 || code === 403) {
      const detail = "the server does not know this device or its password";
      return { type: "denied", cause: "credentials", detail };
    }
    if (code === 204) {
      const { commandTimeoutS } = this.#options;
      return { type: "failed", detail: `no command came in ${commandTimeoutS} s` };
    }
    if (code !== 205) {
      const text = `${Math.floor(code / 100)}.${String(code % 100).padStart(2, "0")}`;
      return { type: "failed", detail: `the server answers ${text}` };
    }
    const option = options.find(({ number }) => number === DROGUE_COAP_OPTION.command);
    const name = new TextDecoder().decode(option?.value ?? new Uint8Array(0));
    if (name === DROGUE_CHANNEL) return undefined;
    const shown = name.slice(0, SHOWN_MAX).replace(/\p{C}/gu, "?");
    return { type: "failed", detail: `a command "${shown}" that is none for an update` };
  }
}
