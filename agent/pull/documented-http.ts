import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import {
  CALL_ANSWER,
  callIdOf,
  chunkParameters,
  type DocumentedMessage,
  documentedChunk,
  documentedKeys,
  documentedMessages,
  parseDocumentedOffer,
} from "./documented.ts";
import { CHUNK_INDEX_HEADER, CHUNKS_COUNT_HEADER, PACKAGE_PATHS } from "./documented.wire.ts";
import type { HttpEvent, LinkEvent } from "./events.ts";
import { type PackageKind, UNKNOWN_TOKEN } from "./thingsboard.ts";
import type { ThingsBoardHttpOptions } from "./thingsboard-http.ts";

type ChunkAsk = Ask & { readonly type: "chunk" };
type Response = HttpEvent & { readonly type: "httpResponse" };
type Headers = NonNullable<Response["headers"]>;

const CHUNK_BYTES_MAX = 1024 * 1024;
const JSON_BYTES_MAX = 65_536;
const POLL_MAX_S = 25;

/**
 * "Firmware Download via HTTP", each question one exchange or a few. A change is told by an attribute or by
 * a call (RPC); since one request waits at a time, for the one and the other in turn.
 */
export class DocumentedHttp implements Dialect {
  readonly chunkBytesMax = CHUNK_BYTES_MAX;
  readonly tellsChanges: boolean;
  readonly tellsProgress = true;
  readonly #kind: PackageKind;
  readonly #root: string;
  #id = 0;
  #asked: Ask | undefined;
  /** To be said before it is answered. */
  #rest: readonly DocumentedMessage[] = [];
  #listensTo: "attributes/updates" | "rpc" = "rpc";
  #isAnsweringCall = false;

  constructor({ token, kind, longPolls }: ThingsBoardHttpOptions) {
    this.#kind = kind;
    this.#root = `/api/v1/${encodeURIComponent(token)}`;
    this.tellsChanges = longPolls;
  }

  ask(ask: Ask, io: DialectIo): void {
    this.#asked = ask;
    switch (ask.type) {
      case "target":
        this.#get(`attributes?sharedKeys=${documentedKeys(this.#kind)}`, JSON_BYTES_MAX, io);
        break;
      case "change": {
        this.#listensTo = this.#listensTo === "rpc" ? "attributes/updates" : "rpc";
        this.#isAnsweringCall = false;
        const timeoutMs = Math.min(ask.seconds, POLL_MAX_S) * 1000;
        this.#get(`${this.#listensTo}?timeout=${timeoutMs}`, JSON_BYTES_MAX, io);
        break;
      }
      case "chunk": {
        const query = Object.entries(chunkParameters(ask))
          .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
          .join("&");
        this.#get(`${PACKAGE_PATHS[this.#kind]}?${query}`, ask.chunkBytes, io);
        break;
      }
      case "report": {
        const [first, ...rest] = documentedMessages(ask.report, this.#kind);
        this.#rest = rest;
        this.#post(first.to, first.body, io);
        break;
      }
      default:
        ask satisfies never;
    }
  }

  giveUp({ effects }: DialectIo): void {
    if (this.#asked !== undefined) effects.push({ type: "httpCancel", id: this.#id });
    this.#asked = undefined;
  }

  step(event: LinkEvent, io: DialectIo): Answer | "reached" | undefined {
    const asked = this.#asked;
    if (event.type !== "httpResponse" && event.type !== "httpFailed") return undefined;
    if (event.id !== this.#id || asked === undefined) return undefined;
    const answer =
      event.type === "httpResponse" ? this.#answerOf(asked, event, io) : failureOf(asked, event);
    if (answer !== "reached") this.#asked = undefined;
    return answer;
  }

  #answerOf(asked: Ask, response: Response, io: DialectIo): Answer | "reached" {
    const { status, body, headers = {} } = response;
    if (status === 401) return UNKNOWN_TOKEN;
    switch (asked.type) {
      case "target": {
        if (status !== 200) return refused(status);
        const parsed = parseDocumentedOffer(body, this.#kind, asked.title);
        if (parsed.ok) return { type: "target", offer: parsed.offer };
        return { type: "failed", detail: `the server answers with ${parsed.problem}` };
      }
      case "chunk":
        return chunkOf(asked, status, body, headers);
      case "report": {
        const [next, ...rest] = this.#rest;
        if (status < 200 || status > 299) return refused(status);
        if (next === undefined) return { type: "reported" };
        this.#rest = rest;
        this.#post(next.to, next.body, io);
        return "reached";
      }
      case "change":
        return this.#heard(status, body, io);
      default:
        return asked satisfies never;
    }
  }

  /** The end of the wait, something that was told, or whatever the server says of an answered call. */
  #heard(status: number, body: Uint8Array, io: DialectIo): Answer | "reached" {
    if (this.#isAnsweringCall) return { type: "changed" };
    if (![200, 204, 408, 503].includes(status)) return refused(status);
    const call = this.#listensTo === "rpc" && status === 200 ? callIdOf(body) : undefined;
    if (call === undefined) return { type: "changed" };
    this.#isAnsweringCall = true;
    this.#post(`rpc/${call}`, CALL_ANSWER, io);
    return "reached";
  }

  #get(path: string, bodyBytesMax: number, { effects }: DialectIo): void {
    this.#id += 1;
    const request = { id: this.#id, path: `${this.#root}/${path}`, bodyBytesMax };
    effects.push({ type: "httpRequest", method: "GET", body: undefined, ...request });
  }

  #post(path: string, body: string, { effects }: DialectIo): void {
    this.#id += 1;
    const request = { id: this.#id, path: `${this.#root}/${path}`, bodyBytesMax: JSON_BYTES_MAX };
    effects.push({ type: "httpRequest", method: "POST", body, ...request });
  }
}

function failureOf(asked: Ask, { detail, isTooLong }: HttpEvent & { type: "httpFailed" }): Answer {
  return { type: asked.type === "chunk" && isTooLong ? "wrongChunk" : "failed", detail };
}

function refused(status: number): Answer {
  return { type: "failed", detail: `the server answers ${status}` };
}

/** "Response Headers": a server that leaves them out is believed, one that says otherwise is not. */
function chunkOf(ask: ChunkAsk, status: number, body: Uint8Array, headers: Headers): Answer {
  if (status === 400 || status === 404) {
    const detail = `the server has not got this package any more (${status})`;
    return { type: "denied", cause: "assignment", detail };
  }
  if (status !== 200) return refused(status);
  const { [CHUNK_INDEX_HEADER]: index, [CHUNKS_COUNT_HEADER]: count } = headers;
  if (index !== undefined && index !== String(ask.index)) {
    return { type: "wrongChunk", detail: `the server calls it ${shown(index)}` };
  }
  if (count === undefined) return documentedChunk(ask, body);
  const { content } = ask.offer;
  const sizeBytes = content.ok ? content.sizeBytes : undefined;
  const whole = sizeBytes === undefined ? undefined : Math.ceil(sizeBytes / ask.chunkBytes);
  const counted = /^\d{1,9}$/.test(count) ? Number(count) : -1;
  if (counted <= ask.index || (whole !== undefined && counted !== whole)) {
    return { type: "wrongChunk", detail: `the server counts ${shown(count)} chunks` };
  }
  return documentedChunk(ask, body, counted === ask.index + 1);
}

const SHOWN_MAX = 20;

function shown(text: string): string {
  return text.slice(0, SHOWN_MAX).replace(/\p{C}/gu, "?");
}
