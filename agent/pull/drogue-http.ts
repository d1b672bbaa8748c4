import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import { DROGUE_HEAD_BYTES_MAX, DrogueTalk } from "./drogue.ts";
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
import type { LinkEvent } from "./events.ts";

export type DrogueHttpOptions = DrogueExchangeOptions;

/** Drogue's HTTP endpoint: a status is posted to the channel `dfu`, the command is in the response. */
export class DrogueHttp implements Dialect {
  readonly chunkBytesMax = DROGUE_CHUNK_BYTES_MAX;
  readonly tellsChanges = false;
  readonly isSilent = true;
  readonly #options: DrogueHttpOptions;
  readonly #path: string;
  readonly #talk: DrogueTalk;
  #id = 0;
  #bodyBytesMax = 0;

  constructor(options: DrogueHttpOptions) {
    this.#options = options;
    this.#talk = new DrogueTalk(options);
    this.#path = `/v1/dfu?${drogueQuery(options)}`;
  }

  ask(ask: Ask, io: DialectIo): void {
    const dataBytes = ask.type === "chunk" ? ask.expectBytes : 0;
    this.#bodyBytesMax = dataBytes + DROGUE_HEAD_BYTES_MAX;
    this.#post(this.#talk.ask(ask), io);
  }

  giveUp({ effects }: DialectIo): void {
    if (this.#talk.asked !== undefined) effects.push({ type: "httpCancel", id: this.#id });
    this.#talk.giveUp();
  }

  step(event: LinkEvent, io: DialectIo): Answer | undefined {
    if (event.type !== "httpResponse" && event.type !== "httpFailed") return undefined;
    if (event.id !== this.#id || this.#talk.asked === undefined) return undefined;
    if (event.type === "httpFailed") return endFailed(this.#talk, event.detail, event.isTooLong);
    const problem = this.#problemOf(event.status, event.body.length);
    if (problem !== undefined) return endTalk(this.#talk, problem);
    return takeCommand(this.#talk, event.body, (status) => this.#post(status, io));
  }

  #post(status: Uint8Array, { effects }: DialectIo): void {
    this.#id += 1;
    const { authorization } = this.#options;
    effects.push({
      type: "httpRequest",
      id: this.#id,
      method: "POST",
      path: this.#path,
      headers: { "content-type": "application/cbor", authorization },
      body: status,
      bodyBytesMax: this.#bodyBytesMax,
    });
  }

  /** What is no command. Who took the status and who answers it are two: there may be nobody to do that. */
  #problemOf(status: number, bodyBytes: number): Answer | undefined {
    if (status === 200 && bodyBytes > 0) return undefined;
    if (status === 401 || status === 403) return UNKNOWN_TO_DROGUE;
    if (status === 200 || status === 202) return noCommandIn(this.#options.commandTimeoutS);
    return { type: "failed", detail: `the server answers ${status}` };
  }
}
