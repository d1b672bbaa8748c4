import type { HttpEvent, PullEffect } from "#agent/pull/events.ts";
import type { Scheduled } from "#sim/kernel/engine.ts";
import type { HttpHandler, HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import {
  type LinkEffect,
  type LinkNews,
  type LinkWorld,
  MessageFates,
  type PullLink,
} from "./link.ts";

type HttpRequest = PullEffect & { readonly type: "httpRequest" };
type HttpNews = LinkNews & { readonly type: HttpEvent["type"] };

/** The HTTP exchanges of one device in virtual time, one at a time. */
export class SimulatedHttp implements PullLink {
  readonly #world: LinkWorld;
  readonly #handler: HttpHandler;
  readonly #fates: MessageFates;
  #open: number | undefined;
  #scheduled: Scheduled | undefined;
  #leave: (() => void) | undefined;

  constructor(world: LinkWorld, handler: HttpHandler) {
    this.#world = world;
    this.#handler = handler;
    this.#fates = new MessageFates(world);
  }

  get messages(): number {
    return this.#fates.messages;
  }

  get lost(): number {
    return this.#fates.lost;
  }

  perform(effect: LinkEffect): void {
    if (effect.type === "httpCancel") this.halt();
    else if (effect.type === "httpRequest") this.#request(effect);
    else throw new RangeError(`no HTTP in ${effect.type}`);
  }

  halt(): void {
    this.#open = undefined;
    if (this.#scheduled !== undefined) this.#world.scheduler.cancel(this.#scheduled);
    this.#scheduled = undefined;
    this.#leave?.();
    this.#leave = undefined;
  }

  drop(): void {
    const id = this.#open;
    if (id === undefined) return;
    this.halt();
    this.#open = id;
    this.#later(0, () => this.#end(eventOf(id, "close", 0)));
  }

  #request(request: HttpRequest): void {
    this.halt();
    this.#open = request.id;
    const { latencyUs, isLost, isTwice } = this.#fates.next(0);
    if (isLost) return;
    this.#later(latencyUs, () => {
      if (this.#world.isServerDown()) {
        this.#end(eventOf(request.id, "close", 0));
        return;
      }
      if (isTwice) this.#handler(served(request), () => {});
      this.#arrive(request);
    });
  }

  #arrive(request: HttpRequest): void {
    const { id, bodyBytesMax } = request;
    const leave = this.#handler(served(request), (outcome) => {
      this.#leave = undefined;
      if (this.#open !== id || outcome === "silence") return;
      const bytes = outcome === "close" ? 0 : outcome.body.length;
      const { latencyUs, transferUs, isLost, isCut } = this.#fates.next(bytes);
      if (isLost) return;
      const event = eventOf(id, isCut ? "close" : outcome, bodyBytesMax);
      this.#later(latencyUs + transferUs, () => this.#end(event));
    });
    if (this.#open === id) this.#leave = leave;
  }

  #end(event: HttpNews): void {
    this.#open = undefined;
    this.#world.deliver(event);
  }

  #later(delayUs: number, run: () => void): void {
    const { scheduler } = this.#world;
    this.#scheduled = scheduler.schedule(scheduler.now + delayUs, run);
  }
}

function served({ method, path, headers = {}, body = "" }: HttpRequest) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return { method, path, headers, body: bytes };
}

function eventOf(id: number, outcome: HttpOutcome, bodyBytesMax: number): HttpNews {
  if (typeof outcome === "string") {
    return { type: "httpFailed", id, detail: "the connection was closed", isTooLong: false };
  }
  const { status, headers, body } = outcome;
  if (body.length <= bodyBytesMax) return { type: "httpResponse", id, status, headers, body };
  return { type: "httpFailed", id, detail: `more than ${bodyBytesMax} bytes`, isTooLong: true };
}
