import { codeText, isCoapSuccess, JSON_FORMAT } from "./coap-code.ts";
import type { Answer, Ask, Dialect, DialectIo, Offer } from "./dialect.ts";
import type { CoapBlockBytes, CoapEvent, LinkEvent, PullEffect } from "./events.ts";
import { comparableOffer } from "./offers.ts";
import {
  type PackageKind,
  parseAttributes,
  parseFlatAttributes,
  sharedKeys,
  telemetryOf,
  UNKNOWN_TOKEN,
} from "./thingsboard.ts";

export interface ThingsBoardCoapOptions {
  /** Access token of the device. */
  readonly token: string;
  readonly kind: PackageKind;
  /** Observes its attributes instead of asking now and then. */
  readonly observes: boolean;
  /** Takes chunks in blocks of so many bytes; without them, a chunk is one datagram. */
  readonly blockBytes: CoapBlockBytes | undefined;
}

/** Preferred block of the server: a larger answer without Block2 comes in blocks nobody asked for. */
const DATAGRAM_BYTES_MAX = 1024;
/** What it can hold, in blocks; the server's own limit is 256 MiB. */
const CHUNK_BYTES_MAX = 1024 * 1024;
const ATTRIBUTES_BYTES_MAX = 65_536;
const NO_BYTES_MAX = 4096;
/** Asked for in blocks, so few bytes come with "more follows" for ever. */
const BLOCKLESS_BYTES_MAX = 6;
/** RFC 7252 §5.10. */
const QUERY_BYTES_MAX = 255;

type CoapRequest = PullEffect & { readonly type: "coapRequest" };

/**
 * The device API over CoAP of ThingsBoard as it is (since 4.1). Each chunk is a resource of its own:
 * the server loses the state of a transfer in blocks, and then acknowledges without ever answering.
 */
export class ThingsBoardCoap implements Dialect {
  readonly chunkBytesMax: number;
  readonly tellsChanges: boolean;
  readonly #options: ThingsBoardCoapOptions;
  #id = 0;
  /** Of the request that observes, while it does. */
  #observer: number | undefined;
  #asked: Ask | undefined;
  /** The package in the last answer, in a form that can be compared. */
  #known = "";

  constructor(options: ThingsBoardCoapOptions) {
    this.#options = options;
    this.tellsChanges = options.observes;
    this.chunkBytesMax = chunkBytesMaxOf(options);
  }

  ask(ask: Ask, { effects }: DialectIo): void {
    this.#asked = ask;
    if (ask.type === "change" && this.#observer !== undefined) return;
    this.#id += 1;
    if (ask.type === "change") this.#observer = this.#id;
    effects.push(this.#requestOf(ask));
  }

  /** What is observed may be gone, too: the server, or the way to it, is not what it was. */
  giveUp({ effects }: DialectIo): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked !== undefined && asked.type !== "change") {
      effects.push({ type: "coapCancel", id: this.#id });
    }
    if (this.#observer !== undefined) effects.push({ type: "coapCancel", id: this.#observer });
    this.#observer = undefined;
  }

  step(event: LinkEvent): Answer | undefined {
    if (event.type !== "coapResponse" && event.type !== "coapFailed") return undefined;
    if (event.id === this.#observer) return this.#observed(event);
    const asked = this.#asked;
    if (event.id !== this.#id || asked === undefined || asked.type === "change") return undefined;
    this.#asked = undefined;
    if (event.type === "coapFailed") {
      const { detail, isTooLong } = event;
      return { type: asked.type === "chunk" && isTooLong ? "wrongChunk" : "failed", detail };
    }
    return this.#answerOf(asked, event.code, event.payload);
  }

  #requestOf(ask: Ask): CoapRequest {
    const { kind, token } = this.#options;
    const device = ["api", "v1", token];
    const request = {
      type: "coapRequest",
      id: this.#id,
      method: "GET",
      path: [...device, "attributes"],
      query: [],
      options: [],
      payload: undefined,
      observes: false,
      blockBytes: undefined,
      payloadBytesMax: ATTRIBUTES_BYTES_MAX,
    } as const;
    switch (ask.type) {
      case "target":
        return { ...request, query: [`sharedKeys=${sharedKeys(kind)}`] };
      case "change":
        return { ...request, observes: true };
      case "chunk":
        return {
          ...request,
          path: [kind, token],
          query: chunkQuery(ask.offer, ask.chunkBytes, ask.index),
          blockBytes: ask.expectBytes > BLOCKLESS_BYTES_MAX ? this.#options.blockBytes : undefined,
          payloadBytesMax: ask.chunkBytes,
        };
      case "report":
        return {
          ...request,
          method: "POST",
          path: [...device, "telemetry"],
          options: [JSON_FORMAT],
          payload: new TextEncoder().encode(telemetryOf(ask.report, kind)),
          payloadBytesMax: NO_BYTES_MAX,
        };
      default:
        return ask satisfies never;
    }
  }

  #answerOf(asked: Exclude<Ask, { type: "change" }>, code: number, payload: Uint8Array): Answer {
    if (code === 401) return UNKNOWN_TOKEN;
    // None of the attributes exists.
    if (asked.type === "target" && code === 404) return this.#target(undefined);
    if (asked.type === "chunk" && (code === 400 || code === 404)) {
      const detail = `the server has not got this package any more (${codeText(code)})`;
      return { type: "denied", cause: "assignment", detail };
    }
    if (!isCoapSuccess(code))
      return { type: "failed", detail: `the server answers ${codeText(code)}` };
    switch (asked.type) {
      case "target": {
        const parsed = parseAttributes(payload, this.#options.kind);
        if (parsed.ok) return this.#target(parsed.offer);
        return { type: "failed", detail: `the server answers with ${parsed.problem}` };
      }
      case "chunk":
        return { type: "chunk", bytes: payload };
      case "report":
        return { type: "reported" };
      default:
        return asked satisfies never;
    }
  }

  #target(offer: Offer | undefined): Answer {
    this.#known = comparableOffer(offer);
    return { type: "target", offer };
  }

  #observed(event: CoapEvent): Answer | undefined {
    if (event.type === "coapResponse" && event.isObserved) {
      const parsed = parseFlatAttributes(event.payload, this.#options.kind);
      // The first one tells all attributes as they are, those after it what has changed.
      const isKnown = parsed.ok && comparableOffer(parsed.offer) === this.#known;
      if (isKnown) return undefined;
      if (this.#asked?.type === "change") this.#asked = undefined;
      return { type: "changed" };
    }
    this.#observer = undefined;
    if (this.#asked?.type !== "change") return undefined;
    this.#asked = undefined;
    if (event.type === "coapFailed") return { type: "failed", detail: event.detail };
    if (event.code === 401) return UNKNOWN_TOKEN;
    const detail = `the server does not let itself be observed (${codeText(event.code)})`;
    return { type: "failed", detail };
  }
}

export function chunkBytesMaxOf({ blockBytes }: ThingsBoardCoapOptions): number {
  return blockBytes === undefined ? DATAGRAM_BYTES_MAX : CHUNK_BYTES_MAX;
}

/** Both names may be left out, and are when no option holds them. */
function chunkQuery({ title, version }: Offer, size: number, chunk: number): readonly string[] {
  return fitting([`title=${title}`, `version=${version}`, `size=${size}`, `chunk=${chunk}`]);
}

/** Parameters that an option can hold. */
export function fitting(query: readonly string[]): readonly string[] {
  const encoder = new TextEncoder();
  return query.filter((parameter) => encoder.encode(parameter).length <= QUERY_BYTES_MAX);
}
