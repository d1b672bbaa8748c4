import type { Scheduled } from "#sim/kernel/engine.ts";
import type { CoapHandler, CoapHeard, CoapOutcome, CoapSaid } from "./coap-exchange.ts";
import type { CoapHost } from "./coap-host.ts";
import { CoapTransfers } from "./coap-transfers.ts";

type Part = Omit<CoapSaid, "type" | "messageId" | "token">;
type Send = (to: string, message: CoapSaid) => void;

/** What is said of one message again and again until somebody hears it. */
interface Unheard {
  readonly message: CoapSaid;
  /** Nobody hears it, or whoever does wants no more. */
  readonly onGone: () => void;
  timeoutUs: number;
  sent: number;
  timer: Scheduled | undefined;
}

/** RFC 7252 §4.8. */
const ACK_TIMEOUT_US = 2_000_000;
const ACK_RANDOM_US = 1_000_000;
const RETRANSMITS_MAX = 4;
const EXCHANGE_LIFETIME_US = 247_000_000;
const MESSAGE_IDS = 65_536;
const NO_BYTES = new Uint8Array(0);
const NOTHING = () => {};

/**
 * The messages under a device API over CoAP, sans-IO, as Californium 3 has them under ThingsBoard:
 * acknowledgements, duplicates, answers in messages of their own, blocks, and what is observed.
 * Nothing that a client sends makes it throw.
 */
export class CoapEndpoint {
  readonly #server: CoapHost;
  readonly #handler: CoapHandler;
  readonly #send: Send;
  readonly #transfers: CoapTransfers;
  /** What was answered to a message at once, in case it comes again. */
  readonly #answered = new Map<string, { readonly atUs: number; said: CoapSaid | undefined }>();
  readonly #unheard = new Map<string, Unheard>();
  /** How to end what is observed, by address and token. */
  readonly #observed = new Map<string, () => void>();
  #messageId = 0;
  #sequence = 0;

  constructor(server: CoapHost, handler: CoapHandler, send: Send) {
    this.#server = server;
    this.#handler = handler;
    this.#send = send;
    this.#transfers = new CoapTransfers(server);
  }

  receive(from: string, message: CoapHeard): void {
    const { type, code, messageId } = message;
    if (type === "ack" || type === "rst") {
      this.#settle(from, messageId, type === "rst");
      return;
    }
    if (code === 0 || code >= 100) {
      if (type === "con") this.#send(from, empty("rst", messageId));
      return;
    }
    const key = `${from} ${messageId}`;
    const before = this.#answered.get(key);
    if (before !== undefined && !this.#isOver(before.atUs)) {
      if (before.said !== undefined) this.#send(from, before.said);
      return;
    }
    this.#forgetOld();
    this.#answered.delete(key);
    this.#answered.set(key, { atUs: this.#nowUs, said: undefined });
    this.#request(from, message);
  }

  #request(from: string, message: CoapHeard): void {
    const { block1, block2, path, query, observe, code } = message;
    if (!message.isUnderstood) {
      this.#answer(from, message, { code: 402, payload: NO_BYTES });
      return;
    }
    const key = JSON.stringify([from, code, path, query]);
    const body =
      block1 === undefined
        ? message.payload
        : this.#transfers.receive(key, block1, message.payload);
    if (typeof body === "number") {
      const part = { code: body, payload: NO_BYTES };
      this.#answer(from, message, block1 === undefined ? part : { ...part, block1 });
      return;
    }
    const { options = [] } = message;
    const request = { code, path, query, observe, options, payload: body };
    if (block2 !== undefined && block2.num > 0) {
      this.#nextBlock(from, message, key, block2, request);
      return;
    }
    const observer = `${from} ${message.token}`;
    this.#unobserve(observer);
    let isAnswered = false;
    let isObserved = false;
    let isAcknowledged = false;
    const leave = this.#handler(request, (outcome) => {
      if (isAnswered) {
        this.#notify(from, message, key, outcome);
        return;
      }
      isAnswered = true;
      isObserved = typeof outcome !== "string" && outcome.isObserved === true;
      if (isAcknowledged) this.#respondLate(from, message, key, outcome);
      else this.#respond(from, message, key, outcome);
    });
    // What takes its time is not to be asked for again meanwhile.
    isAcknowledged = !isAnswered;
    if (isAcknowledged) this.#acknowledge(from, message);
    if (isObserved) this.#observed.set(observer, leave);
  }

  #respond(from: string, message: CoapHeard, key: string, outcome: CoapOutcome): void {
    if (outcome === "reset") {
      this.#atOnce(from, message, empty("rst", message.messageId));
      return;
    }
    if (outcome === "silence") {
      this.#acknowledge(from, message);
      return;
    }
    const part = this.#transfers.begin(key, outcome, message.block2);
    const { block1 } = message;
    const observe = outcome.isObserved === true ? { observe: this.#nextSequence() } : {};
    const said = { ...part, ...observe, ...(block1 === undefined ? {} : { block1 }) };
    if (message.type === "con" && this.#server.quirks.answersApart) {
      this.#acknowledge(from, message);
      this.#sayApart(from, message, said, NOTHING);
    } else this.#answer(from, message, said);
  }

  #respondLate(from: string, message: CoapHeard, key: string, outcome: CoapOutcome): void {
    if (typeof outcome === "string") return;
    const part = this.#transfers.begin(key, outcome, message.block2);
    this.#sayApart(from, message, part, NOTHING);
  }

  #nextBlock(
    from: string,
    message: CoapHeard,
    key: string,
    block2: NonNullable<CoapHeard["block2"]>,
    request: Parameters<CoapHandler>[0],
  ): void {
    const known = this.#transfers.next(key, block2);
    if (known !== undefined) {
      this.#answer(from, message, known);
      return;
    }
    this.#handler({ ...request, observe: undefined }, (outcome) => {
      const isLost =
        typeof outcome === "string" ||
        (this.#server.quirks.forgetsBlocks && outcome.payload.length > block2.sizeBytes);
      if (isLost) this.#acknowledge(from, message);
      else if (this.#server.quirks.forgetsBlocks) {
        this.#answer(from, message, { ...outcome, block2: { ...block2, more: false } });
      } else this.#answer(from, message, this.#transfers.blockOf(outcome, block2));
    });
  }

  #notify(from: string, message: CoapHeard, key: string, outcome: CoapOutcome): void {
    if (typeof outcome === "string") return;
    const observer = `${from} ${message.token}`;
    const { isObserved = false } = outcome;
    if (!isObserved) this.#observed.delete(observer);
    const part = this.#transfers.begin(key, outcome, undefined);
    const said = isObserved ? { ...part, observe: this.#nextSequence() } : part;
    this.#sayApart(from, message, said, () => this.#unobserve(observer));
  }

  #unobserve(observer: string): void {
    const leave = this.#observed.get(observer);
    this.#observed.delete(observer);
    leave?.();
  }

  /** In a message of its own: sent again until it is heard, if the request was. */
  #sayApart(to: string, { type, token }: CoapHeard, said: Part, onGone: () => void): void {
    this.#messageId = (this.#messageId + 1) % MESSAGE_IDS;
    const message = { ...said, type, token, messageId: this.#messageId };
    this.#send(to, message);
    if (type !== "con") return;
    const { entropy } = this.#server.options;
    const timeoutUs = ACK_TIMEOUT_US + entropy.below("thingsboard/coap", ACK_RANDOM_US + 1);
    const unheard: Unheard = { message, onGone, timeoutUs, sent: 1, timer: undefined };
    this.#unheard.set(`${to} ${message.messageId}`, unheard);
    this.#await(to, unheard);
  }

  #await(to: string, unheard: Unheard): void {
    const { scheduler } = this.#server.options;
    unheard.timer = scheduler.schedule(scheduler.now + unheard.timeoutUs, () => {
      if (unheard.sent > RETRANSMITS_MAX) {
        this.#settle(to, unheard.message.messageId, true);
        return;
      }
      unheard.sent += 1;
      unheard.timeoutUs *= 2;
      this.#send(to, unheard.message);
      this.#await(to, unheard);
    });
  }

  #settle(from: string, messageId: number, isGone: boolean): void {
    const key = `${from} ${messageId}`;
    const unheard = this.#unheard.get(key);
    if (unheard === undefined) return;
    this.#unheard.delete(key);
    this.#cancel(unheard.timer);
    if (isGone) unheard.onGone();
  }

  /** On the acknowledgement, where there is one. */
  #answer(from: string, message: CoapHeard, said: Part): void {
    const { type, messageId, token } = message;
    if (type === "con") this.#atOnce(from, message, { ...said, type: "ack", messageId, token });
    else this.#sayApart(from, message, said, NOTHING);
  }

  #acknowledge(from: string, message: CoapHeard): void {
    if (message.type === "con") this.#atOnce(from, message, empty("ack", message.messageId));
  }

  #atOnce(from: string, { messageId }: CoapHeard, said: CoapSaid): void {
    const entry = this.#answered.get(`${from} ${messageId}`);
    if (entry !== undefined) entry.said = said;
    this.#send(from, said);
  }

  /** Later ones are higher (RFC 7641 §3.4). */
  #nextSequence(): number {
    this.#sequence = (this.#sequence + 1) % 0x1000000;
    return this.#sequence;
  }

  get #nowUs(): number {
    return this.#server.options.scheduler.now;
  }

  #isOver(atUs: number): boolean {
    return this.#nowUs - atUs > EXCHANGE_LIFETIME_US;
  }

  #forgetOld(): void {
    for (const [key, { atUs }] of this.#answered) {
      if (!this.#isOver(atUs)) return;
      this.#answered.delete(key);
    }
  }

  #cancel(timer: Scheduled | undefined): void {
    if (timer !== undefined) this.#server.options.scheduler.cancel(timer);
  }
}

function empty(type: "ack" | "rst", messageId: number): CoapSaid {
  return { type, code: 0, messageId, token: "", payload: NO_BYTES };
}
