import { codeText } from "./coap-code.ts";
import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import { DROGUE_HEAD_BYTES_MAX, DrogueTalk } from "./drogue.ts";
import { DROGUE_CHANNEL, DROGUE_COAP_OPTION } from "./drogue.wire.ts";
import {
  DROGUE_CHUNK_BYTES_MAX,
  type DrogueExchangeOptions,
  drogueQuery,
  endFailed,
  endTalk,
  noCommandIn,
  takeCommand,
  UNKNOWN_TO_DROGUE,
} from "./drogue-exchange.ts";
import type { CoapOption, LinkEvent } from "./events.ts";

export type DrogueCoapOptions = Omit<DrogueExchangeOptions, "pieceBytesMax">;

/** With the rest of the command in a datagram of 1024 bytes, for versions of up to 40 bytes. */
const PIECE_BYTES_MAX = 960;
const SHOWN_MAX = 60;

/**
 * Drogue's CoAP endpoint: a status is posted to the channel `dfu`, the command is in the response.
 * What was acknowledged and lost, or found nobody to answer, is asked again with the same words.
 */
export class DrogueCoap implements Dialect {
  readonly chunkBytesMax = DROGUE_CHUNK_BYTES_MAX;
  readonly tellsChanges = false;
  readonly isSilent = true;
  readonly #options: DrogueCoapOptions;
  readonly #query: string;
  readonly #talk: DrogueTalk;
  #id = 0;

  constructor(options: DrogueCoapOptions) {
    this.#options = options;
    this.#talk = new DrogueTalk({ ...options, pieceBytesMax: PIECE_BYTES_MAX });
    // The server reads one option, as the query of a URL.
    this.#query = drogueQuery(options);
  }

  ask(ask: Ask, io: DialectIo): void {
    this.#post(this.#talk.ask(ask), io);
  }

  giveUp({ effects }: DialectIo): void {
    if (this.#talk.asked !== undefined) effects.push({ type: "coapCancel", id: this.#id });
    this.#talk.giveUp();
  }

  step(event: LinkEvent, io: DialectIo): Answer | "reached" | undefined {
    if (event.type !== "coapResponse" && event.type !== "coapFailed") return undefined;
    if (event.id !== this.#id || this.#talk.asked === undefined) return undefined;
    if (event.type === "coapFailed") return endFailed(this.#talk, event.detail, event.isTooLong);
    const problem = this.#problemOf(event.code, event.options);
    if (problem !== undefined) return endTalk(this.#talk, problem);
    return takeCommand(this.#talk, event.payload, (status) => this.#post(status, io)) ?? "reached";
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
    if (code === 401 || code === 403) return UNKNOWN_TO_DROGUE;
    if (code === 204) return noCommandIn(this.#options.commandTimeoutS);
    if (code !== 205) {
      return { type: "failed", detail: `the server answers ${codeText(code)}` };
    }
    const option = options.find(({ number }) => number === DROGUE_COAP_OPTION.command);
    const name = new TextDecoder().decode(option?.value ?? new Uint8Array(0));
    if (name === DROGUE_CHANNEL) return undefined;
    const shown = name.slice(0, SHOWN_MAX).replace(/\p{C}/gu, "?");
    return { type: "failed", detail: `a command "${shown}" that is none for an update` };
  }
}
