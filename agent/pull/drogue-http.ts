import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import { DROGUE_HEAD_BYTES_MAX, type DrogueOptions, DrogueTalk } from "./drogue.ts";
import type { LinkEvent } from "./events.ts";

export interface DrogueHttpOptions extends DrogueOptions {
  /** Value of the header that says who the device is. */
  readonly authorization: string;
  /** How long the server may wait for a command; less than the time-out of an answer. */
  readonly commandTimeoutS: number;
}

/** What it can hold; the protocol itself has no limit. */
const CHUNK_BYTES_MAX = 1024 * 1024;

/** Drogue's HTTP endpoint: a status is posted to the channel `dfu`, the command is in the response. */
export class DrogueHttp implements Dialect {
  readonly chunkBytesMax = CHUNK_BYTES_MAX;
  readonly tellsChanges = false;
  readonly isSilent = true;
  readonly #options: DrogueHttpOptions;
  readonly #path: string;
  readonly #talk: DrogueTalk;
  #id = 0;
  #bodyBytesMax = 0;

  constructor(options: DrogueHttpOptions) {
    const { commandTimeoutS, child } = options;
    this.#options = options;
    this.#talk = new DrogueTalk(options);
    const as = child === undefined ? "" : `&as=${encodeURIComponent(child)}`;
    this.#path = `/v1/dfu?ct=${commandTimeoutS}${as}`;
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
    const { asked } = this.#talk;
    if (event.type !== "httpResponse" && event.type !== "httpFailed") return undefined;
    if (event.id !== this.#id || asked === undefined) return undefined;
    if (event.type === "httpFailed") {
      const { detail, isTooLong } = event;
      return this.#end({ type: asked === "chunk" && isTooLong ? "wrongChunk" : "failed", detail });
    }
    const problem = this.#problemOf(event.status, event.body.length);
    if (problem !== undefined) return this.#end(problem);
    const turn = this.#talk.take(event.body);
    switch (turn.type) {
      case "answer":
        return turn.answer;
      case "status":
        this.#post(turn.status, io);
        return undefined;
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
    if (status === 401 || status === 403) {
      const detail = "the server does not know this device or its password";
      return { type: "denied", cause: "credentials", detail };
    }
    if (status === 200 || status === 202) {
      const { commandTimeoutS } = this.#options;
      return { type: "failed", detail: `no command came in ${commandTimeoutS} s` };
    }
    return { type: "failed", detail: `the server answers ${status}` };
  }
}
