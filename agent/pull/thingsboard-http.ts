import type { Answer, Ask, Dialect, DialectIo } from "./dialect.ts";
import type { LinkEvent } from "./events.ts";
import {
  type PackageKind,
  parseAttributes,
  sharedKeys,
  telemetryOf,
  UNKNOWN_TOKEN,
} from "./thingsboard.ts";

export interface ThingsBoardHttpOptions {
  /** Access token of the device. */
  readonly token: string;
  readonly kind: PackageKind;
  /** Asks to be told of changes (`/attributes/updates`) instead of asking now and then. */
  readonly longPolls: boolean;
}

/** What it can hold; the server's own limit is 50 MiB. */
const CHUNK_BYTES_MAX = 1024 * 1024;
const ATTRIBUTES_BYTES_MAX = 65_536;
const NO_BYTES_MAX = 4096;
/** A server's own limit of 30 s ends a longer poll with 503. */
const POLL_MAX_S = 25;

const PATHS: Readonly<Record<PackageKind, string>> = { fw: "firmware", sw: "software" };

/** The device API over HTTP of ThingsBoard as it is (since 4.1), each question one exchange. */
export class ThingsBoardHttp implements Dialect {
  readonly chunkBytesMax = CHUNK_BYTES_MAX;
  readonly tellsChanges: boolean;
  readonly #options: ThingsBoardHttpOptions;
  readonly #root: string;
  #id = 0;
  #asked: Ask["type"] | undefined;

  constructor(options: ThingsBoardHttpOptions) {
    this.#options = options;
    this.#root = `/api/v1/${encodeURIComponent(options.token)}`;
    this.tellsChanges = options.longPolls;
  }

  ask(ask: Ask, { effects }: DialectIo): void {
    this.#id += 1;
    this.#asked = ask.type;
    const { kind } = this.#options;
    const id = this.#id;
    const get = (path: string, bodyBytesMax: number) =>
      effects.push({
        type: "httpRequest",
        id,
        method: "GET",
        path: `${this.#root}/${path}`,
        body: undefined,
        bodyBytesMax,
      });
    switch (ask.type) {
      case "target":
        get(`attributes?sharedKeys=${sharedKeys(kind)}`, ATTRIBUTES_BYTES_MAX);
        break;
      case "change": {
        const timeoutMs = Math.min(ask.seconds, POLL_MAX_S) * 1000;
        get(`attributes/updates?timeout=${timeoutMs}`, ATTRIBUTES_BYTES_MAX);
        break;
      }
      case "chunk": {
        const { title, version } = ask.offer;
        const name = `title=${encodeURIComponent(title)}&version=${encodeURIComponent(version)}`;
        const query = `${name}&size=${ask.chunkBytes}&chunk=${ask.index}`;
        get(`${PATHS[kind]}?${query}`, ask.chunkBytes);
        break;
      }
      case "report":
        effects.push({
          type: "httpRequest",
          id,
          method: "POST",
          path: `${this.#root}/telemetry`,
          body: telemetryOf(ask.report, kind),
          bodyBytesMax: NO_BYTES_MAX,
        });
        break;
      default:
        ask satisfies never;
    }
  }

  giveUp({ effects }: DialectIo): void {
    if (this.#asked !== undefined) effects.push({ type: "httpCancel", id: this.#id });
    this.#asked = undefined;
  }

  step(event: LinkEvent): Answer | undefined {
    const asked = this.#asked;
    if (event.type !== "httpResponse" && event.type !== "httpFailed") return undefined;
    if (event.id !== this.#id || asked === undefined) return undefined;
    this.#asked = undefined;
    if (event.type === "httpFailed") {
      const { detail, isTooLong } = event;
      return { type: asked === "chunk" && isTooLong ? "wrongChunk" : "failed", detail };
    }
    return this.#answerOf(asked, event.status, event.body);
  }

  #answerOf(asked: Ask["type"], status: number, body: Uint8Array): Answer {
    if (status === 401) return UNKNOWN_TOKEN;
    // One of the two messages of an assignment, or the end of the wait: either way, ask anew.
    if (asked === "change" && [200, 408, 503].includes(status)) return { type: "changed" };
    if (asked === "chunk" && (status === 400 || status === 404)) {
      const detail = `the server has not got this package any more (${status})`;
      return { type: "denied", cause: "assignment", detail };
    }
    if (status !== 200) return { type: "failed", detail: `the server answers ${status}` };
    switch (asked) {
      case "target": {
        const parsed = parseAttributes(body, this.#options.kind);
        if (parsed.ok) return { type: "target", offer: parsed.offer };
        return { type: "failed", detail: `the server answers with ${parsed.problem}` };
      }
      case "chunk":
        return { type: "chunk", bytes: body };
      case "report":
        return { type: "reported" };
      case "change":
        return { type: "changed" };
      default:
        return asked satisfies never;
    }
  }
}
