import {
  COAP_OPTION,
  type CoapBlockBytes,
  type CoapMessage,
  type CoapOption,
  coapBlockOf,
  coapOption,
} from "./coap-message.ts";

export interface CoapCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Segments and parameters as they are: nothing is to be escaped. */
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array | undefined;
  readonly observes: boolean;
  /** Blocks to ask for; without it, the server may begin with them itself. */
  readonly blockBytes: CoapBlockBytes | undefined;
  /** A longer payload is a failure, and is not taken to its end. */
  readonly payloadBytesMax: number;
}

export interface CoapReply {
  /** 205 for 2.05. */
  readonly code: number;
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
  /** Others will come under the same call. */
  readonly isObserved: boolean;
}

/** One of these is called, once, unless the call is cancelled; more often while it is observed. */
export interface CoapCallEvents {
  readonly onResponse: (reply: CoapReply) => void;
  /** For people, in one line; whether there was a payload longer than it may be. */
  readonly onFailed: (detail: string, isTooLong: boolean) => void;
}

/** What a message means for the exchange that it belongs to. */
export type CoapVerdict =
  | { readonly type: "whole"; readonly reply: CoapReply }
  /** The next block is to be asked for. */
  | { readonly type: "more" }
  /** Has been here before. */
  | { readonly type: "stale" }
  | { readonly type: "unusable"; readonly detail: string; readonly isTooLong: boolean };

/** More of the request is wanted (RFC 7959 §2.9.1). */
const CONTINUE = 231;

/** Puts the blocks of one answer together, and takes none that does not follow the one before. */
export class CoapExchange {
  readonly call: CoapCall;
  readonly events: CoapCallEvents;
  isOver = false;
  #blocks: Uint8Array[] = [];
  #sizeBytes = 0;
  #options: readonly CoapOption[] = [];

  constructor(call: CoapCall, events: CoapCallEvents) {
    this.call = call;
    this.events = events;
  }

  /** A response with the exchange's token. */
  take(message: CoapMessage): CoapVerdict {
    if (message.code === CONTINUE) return { type: "more" };
    const { payload } = message;
    const option = coapOption(message, COAP_OPTION.block2);
    const block = option === undefined ? undefined : coapBlockOf(option);
    if (option !== undefined && block === undefined) return unusable("a block of no known size");
    // What is in no block is all there is: blocks before it are of another answer.
    if (block === undefined) this.#forget();
    else {
      const at = block.num * block.sizeBytes;
      if (at < this.#sizeBytes) return { type: "stale" };
      if (at > this.#sizeBytes) return unusable(`block ${block.num} out of its turn`);
      if (block.more && payload.length !== block.sizeBytes) {
        return unusable(`a block of ${payload.length} bytes that is not the last`);
      }
      if (at > 0 && this.#isOfAnother(message)) return unusable("a block of another answer");
    }
    if (this.#sizeBytes === 0) this.#options = message.options;
    const { payloadBytesMax, observes } = this.call;
    if (this.#sizeBytes + payload.length > payloadBytesMax) {
      return { ...unusable(`more than ${payloadBytesMax} bytes`), isTooLong: true };
    }
    this.#blocks.push(payload);
    this.#sizeBytes += payload.length;
    if (block?.more === true) return { type: "more" };
    const whole = Buffer.concat(this.#blocks);
    const options = this.#options;
    this.#forget();
    const isSuccess = message.code >= 200 && message.code < 300;
    const isObserved =
      observes && isSuccess && options.some(({ number }) => number === COAP_OPTION.observe);
    return { type: "whole", reply: { code: message.code, options, payload: whole, isObserved } };
  }

  #forget(): void {
    this.#blocks = [];
    this.#sizeBytes = 0;
  }

  /** Its ETag is not that of the blocks before it (RFC 7959 §2.4). Not every server gives one. */
  #isOfAnother(message: CoapMessage): boolean {
    const [first, now] = [{ options: this.#options }, message].map((one) =>
      coapOption(one, COAP_OPTION.etag),
    );
    return first !== undefined && now !== undefined && Buffer.compare(first, now) !== 0;
  }

  /** Tells its caller, who is told nothing after it. */
  fail(detail: string, isTooLong = false): void {
    if (this.isOver) return;
    this.isOver = true;
    this.events.onFailed(detail, isTooLong);
  }

  answer(reply: CoapReply): void {
    if (this.isOver) return;
    this.isOver = !reply.isObserved;
    this.events.onResponse(reply);
  }
}

function unusable(detail: string): CoapVerdict & { readonly type: "unusable" } {
  return { type: "unusable", detail, isTooLong: false };
}
