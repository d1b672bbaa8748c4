import type { PullEffect } from "#agent/pull/events.ts";
import { type DrawKey, drawBelow, drawKey } from "#sim/kernel/draws.ts";
import type { Scheduled } from "#sim/kernel/engine.ts";
import type { CoapHeard, CoapSaid } from "#sim/server/thingsboard/coap-exchange.ts";
import type { CoapServed } from "./coap-port.ts";
import { type LinkEffect, type LinkWorld, MessageFates, type PullLink } from "./link.ts";

type CoapRequest = PullEffect & { readonly type: "coapRequest" };

/** RFC 7252 §4.8: ACK_TIMEOUT, times up to ACK_RANDOM_FACTOR; MAX_RETRANSMIT. */
const ACK_TIMEOUT_US = 2_000_000;
const ACK_RANDOM_US = 1_000_000;
const RETRANSMITS_MAX = 4;
const METHODS = { GET: 1, POST: 2, PUT: 3, DELETE: 4 } as const;
const MESSAGE_IDS = 65_536;
const NO_BYTES = new Uint8Array(0);

interface Exchange {
  readonly request: CoapRequest;
  readonly message: CoapHeard;
  timeoutUs: number;
  sent: number;
  timer: Scheduled | undefined;
}

/**
 * The CoAP exchanges of one device in virtual time, one at a time: datagrams that are lost, come twice
 * or overtake each other, and are sent again until they are acknowledged. One that is cut is lost.
 * Nobody observes, and nothing goes in blocks.
 */
export class SimulatedCoap implements PullLink {
  readonly #world: LinkWorld;
  readonly #port: CoapServed;
  readonly #address: string;
  readonly #fates: MessageFates;
  readonly #key: DrawKey;
  #exchange: Exchange | undefined;
  /** Nobody is there who could acknowledge anything. */
  #isGone = true;
  /** Of all lives: a server knows a message by it for minutes. */
  #messageId = 0;

  constructor(world: LinkWorld, port: CoapServed) {
    this.#world = world;
    this.#port = port;
    this.#address = `device ${world.id}`;
    this.#fates = new MessageFates(world);
    this.#key = drawKey(world.seed, world.id, "coapTimeout");
    port.open(this.#address, (message) => this.#fromServer(message));
  }

  get messages(): number {
    return this.#fates.messages;
  }

  get lost(): number {
    return this.#fates.lost;
  }

  perform(effect: LinkEffect): void {
    if (effect.type === "coapCancel") this.#cancel(effect.id);
    else if (effect.type === "coapRequest") this.#request(effect);
    else throw new RangeError(`no CoAP in ${effect.type}`);
  }

  halt(): void {
    this.#end();
    this.#isGone = true;
  }

  /** Datagrams know of no connection: who waits, waits until it is late. */
  drop(): void {}

  #end(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (exchange?.timer !== undefined) this.#world.scheduler.cancel(exchange.timer);
  }

  #cancel(id: number): void {
    if (this.#exchange?.request.id === id) this.#end();
  }

  #request(request: CoapRequest): void {
    const { method, path, query, options, payload = NO_BYTES, observes, blockBytes } = request;
    if (observes || blockBytes !== undefined)
      throw new RangeError("neither observed nor in blocks");
    this.#end();
    this.#isGone = false;
    this.#messageId = (this.#messageId + 1) % MESSAGE_IDS;
    const message: CoapHeard = {
      ...newMessage("con", METHODS[method], this.#messageId),
      ...{ path, query, options, payload, token: `${this.#messageId}` },
    };
    const randomUs = drawBelow(this.#key, this.#messageId, ACK_RANDOM_US + 1);
    const exchange: Exchange = {
      ...{ request, message, sent: 0, timer: undefined },
      timeoutUs: ACK_TIMEOUT_US + randomUs,
    };
    this.#exchange = exchange;
    this.#transmit(exchange);
  }

  #transmit(exchange: Exchange): void {
    const { scheduler } = this.#world;
    exchange.sent += 1;
    this.#send(exchange.message);
    exchange.timer = scheduler.schedule(scheduler.now + exchange.timeoutUs, () => {
      exchange.timeoutUs *= 2;
      if (exchange.sent <= RETRANSMITS_MAX) this.#transmit(exchange);
      else this.#fail(exchange, "nobody acknowledges it");
    });
  }

  #send(message: CoapHeard): void {
    this.#carry(0, () => {
      if (!this.#world.isServerDown()) this.#port.receive(this.#address, message);
    });
  }

  #fromServer(message: CoapSaid): void {
    if (this.#world.isServerDown()) return;
    this.#carry(message.payload.length, () => this.#hear(message));
  }

  #carry(bytes: number, arrive: () => void): void {
    const { scheduler } = this.#world;
    const { latencyUs, transferUs, isLost, isCut, isTwice } = this.#fates.next(bytes);
    if (isLost || isCut) return;
    const atUs = scheduler.now + latencyUs + transferUs;
    scheduler.schedule(atUs, arrive);
    if (isTwice) scheduler.schedule(atUs, arrive);
  }

  #hear(message: CoapSaid): void {
    if (this.#isGone) return;
    const { type, code, messageId, token } = message;
    const exchange = this.#exchange;
    const isAbout = exchange?.message.messageId === messageId && type !== "con";
    if (code === 0) {
      if (exchange === undefined || !isAbout) return;
      if (type === "rst") this.#fail(exchange, "the server rejects the request");
      else if (exchange.timer !== undefined) this.#world.scheduler.cancel(exchange.timer);
      return;
    }
    // Acknowledged whether it is awaited or not: it has come.
    if (type === "con") this.#send(newMessage("ack", 0, messageId));
    if (exchange !== undefined && exchange.message.token === token) this.#answer(exchange, message);
  }

  #answer(exchange: Exchange, { code, payload, options = [], block2 }: CoapSaid): void {
    const { id, payloadBytesMax } = exchange.request;
    if (payload.length > payloadBytesMax || block2?.more === true) {
      this.#fail(exchange, `more than ${payloadBytesMax} bytes`, true);
      return;
    }
    this.#end();
    this.#world.deliver({ type: "coapResponse", id, code, options, payload, isObserved: false });
  }

  #fail({ request: { id } }: Exchange, detail: string, isTooLong = false): void {
    this.#end();
    this.#world.deliver({ type: "coapFailed", id, detail, isTooLong });
  }
}

function newMessage(type: CoapHeard["type"], code: number, messageId: number): CoapHeard {
  return {
    ...{ type, code, messageId, token: "", payload: NO_BYTES, path: [], query: [] },
    ...{ observe: undefined, block1: undefined, block2: undefined, isUnderstood: true },
  };
}
