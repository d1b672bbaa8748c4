import { codeText, isCoapSuccess, JSON_FORMAT } from "./coap-code.ts";
import type { Answer, Ask, Dialect, DialectIo, Offer } from "./dialect.ts";
import {
  CALL_ANSWER,
  callIdOf,
  chunkParameters,
  type DocumentedMessage,
  documentedChunk,
  documentedMessages,
  parseDocumentedOffer,
} from "./documented.ts";
import { PACKAGE_PATHS } from "./documented.wire.ts";
import type { CoapEvent, LinkEvent, PullEffect } from "./events.ts";
import { comparableOffer } from "./offers.ts";
import { UNKNOWN_TOKEN } from "./thingsboard.ts";
import { chunkBytesMaxOf, fitting, type ThingsBoardCoapOptions } from "./thingsboard-coap.ts";

type CoapRequest = PullEffect & { readonly type: "coapRequest" };
type Observed = "attributes" | "rpc";

const JSON_BYTES_MAX = 65_536;

/** "Firmware Download via CoAP": what is assigned and its chunks are two resources of each device. */
export class DocumentedCoap implements Dialect {
  readonly chunkBytesMax: number;
  readonly tellsChanges: boolean;
  readonly tellsProgress = true;
  readonly #options: ThingsBoardCoapOptions;
  readonly #device: readonly string[];
  #id = 0;
  #asked: Ask | undefined;
  /** Of the request that is to answer what was asked. */
  #askedId = 0;
  #ownTitle = "";
  /** To be said before it is answered. */
  #rest: readonly DocumentedMessage[] = [];
  /** Requests that observe, by their ids. */
  readonly #observers = new Map<number, Observed>();
  #known = "";

  constructor(options: ThingsBoardCoapOptions) {
    this.#options = options;
    this.#device = ["api", "v1", options.token];
    this.tellsChanges = options.observes;
    this.chunkBytesMax = chunkBytesMaxOf(options);
  }

  ask(ask: Ask, io: DialectIo): void {
    const path = PACKAGE_PATHS[this.#options.kind];
    this.#asked = ask;
    switch (ask.type) {
      case "target":
        this.#ownTitle = ask.title;
        this.#request({ path: [path] }, io);
        break;
      case "change":
        this.#observe(io);
        break;
      case "chunk": {
        const query = fitting(Object.entries(chunkParameters(ask)).map((pair) => pair.join("=")));
        const { blockBytes } = this.#options;
        const payloadBytesMax = ask.chunkBytes;
        this.#request({ path: [path, "chunk"], query, blockBytes, payloadBytesMax }, io);
        break;
      }
      case "report": {
        const [first, ...rest] = documentedMessages(ask.report, this.#options.kind);
        this.#rest = rest;
        this.#post([first.to], first.body, io);
        break;
      }
      default:
        ask satisfies never;
    }
    this.#askedId = this.#id;
  }

  giveUp({ effects }: DialectIo): void {
    const asked = this.#asked;
    this.#asked = undefined;
    const isOwed = asked !== undefined && asked.type !== "change";
    const ids = [...(isOwed ? [this.#askedId] : []), ...this.#observers.keys()];
    this.#observers.clear();
    for (const id of ids) effects.push({ type: "coapCancel", id });
  }

  step(event: LinkEvent, io: DialectIo): Answer | "reached" | undefined {
    if (event.type !== "coapResponse" && event.type !== "coapFailed") return undefined;
    const observed = this.#observers.get(event.id);
    if (observed !== undefined) return this.#observed(observed, event, io);
    const asked = this.#asked;
    if (event.id !== this.#askedId || asked === undefined || asked.type === "change") {
      return undefined;
    }
    const answer = this.#answerOf(asked, event, io);
    if (answer !== "reached") this.#asked = undefined;
    return answer;
  }

  #answerOf(
    asked: Exclude<Ask, { type: "change" }>,
    event: CoapEvent,
    io: DialectIo,
  ): Answer | "reached" {
    if (event.type === "coapFailed") {
      const { detail, isTooLong } = event;
      return { type: asked.type === "chunk" && isTooLong ? "wrongChunk" : "failed", detail };
    }
    const { code, payload } = event;
    if (code === 401) return UNKNOWN_TOKEN;
    if (asked.type === "target" && code === 404) return this.#target(undefined);
    if (asked.type === "chunk" && (code === 400 || code === 404)) {
      const detail = `the server has not got this package any more (${codeText(code)})`;
      return { type: "denied", cause: "assignment", detail };
    }
    if (!isCoapSuccess(code)) return refused(code);
    switch (asked.type) {
      case "target": {
        const parsed = parseDocumentedOffer(payload, this.#options.kind, asked.title);
        if (parsed.ok) return this.#target(parsed.offer);
        return { type: "failed", detail: `the server answers with ${parsed.problem}` };
      }
      case "chunk":
        return documentedChunk(asked, payload);
      case "report": {
        const [next, ...rest] = this.#rest;
        if (next === undefined) return { type: "reported" };
        this.#rest = rest;
        this.#post([next.to], next.body, io);
        this.#askedId = this.#id;
        return "reached";
      }
      default:
        return asked satisfies never;
    }
  }

  #target(offer: Offer | undefined): Answer {
    this.#known = comparableOffer(offer);
    return { type: "target", offer };
  }

  #observe(io: DialectIo): void {
    const are = [...this.#observers.values()];
    for (const what of ["attributes", "rpc"] as const) {
      if (are.includes(what)) continue;
      this.#request({ path: [what], observes: true }, io);
      this.#observers.set(this.#id, what);
    }
  }

  #observed(what: Observed, event: CoapEvent, io: DialectIo): Answer | undefined {
    if (event.type === "coapFailed" || !event.isObserved) return this.#unobserved(event);
    if (what === "rpc") {
      const call = callIdOf(event.payload);
      // The first one says that it is observed.
      if (call === undefined) return undefined;
      this.#post(["rpc", String(call)], CALL_ANSWER, io);
    } else {
      const parsed = parseDocumentedOffer(event.payload, this.#options.kind, this.#ownTitle);
      // The first one tells all attributes as they are.
      if (parsed.ok && comparableOffer(parsed.offer) === this.#known) return undefined;
    }
    if (this.#asked?.type === "change") this.#asked = undefined;
    return { type: "changed" };
  }

  /** One of the two is enough. */
  #unobserved(event: CoapEvent): Answer | undefined {
    this.#observers.delete(event.id);
    const isUnknown = event.type === "coapResponse" && event.code === 401;
    if (this.#asked?.type !== "change" || (this.#observers.size > 0 && !isUnknown)) {
      return undefined;
    }
    this.#asked = undefined;
    if (event.type === "coapFailed") return { type: "failed", detail: event.detail };
    if (isUnknown) return UNKNOWN_TOKEN;
    const detail = `the server does not let itself be observed (${codeText(event.code)})`;
    return { type: "failed", detail };
  }

  #post(path: readonly string[], body: string, io: DialectIo): void {
    const payload = new TextEncoder().encode(body);
    this.#request({ method: "POST", path, options: [JSON_FORMAT], payload }, io);
  }

  /** `path`: within the device's own. */
  #request(change: Partial<CoapRequest> & Pick<CoapRequest, "path">, io: DialectIo): void {
    this.#id += 1;
    io.effects.push({
      type: "coapRequest",
      id: this.#id,
      method: "GET",
      query: [],
      options: [],
      payload: undefined,
      observes: false,
      blockBytes: undefined,
      payloadBytesMax: JSON_BYTES_MAX,
      ...change,
      path: [...this.#device, ...change.path],
    });
  }
}

function refused(code: number): Answer {
  return { type: "failed", detail: `the server answers ${codeText(code)}` };
}
