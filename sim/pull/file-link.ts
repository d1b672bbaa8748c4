import type { PullEffect } from "#agent/pull/events.ts";
import type { Scheduled } from "#sim/kernel/engine.ts";
import type { HttpHandler, HttpOutcome, HttpReply } from "#sim/server/thingsboard/http-exchange.ts";
import {
  type LinkEffect,
  type LinkNews,
  type LinkWorld,
  MessageFates,
  type PullLink,
} from "./link.ts";

type Fetch = PullEffect & { readonly type: "fetch" };

const NO_BYTES = new Uint8Array(0);

/**
 * The link of a device whose packages lie on another server: parts of files come from there, one at
 * a time, everything else goes the way of `server`.
 */
export class LinkWithFiles implements PullLink {
  readonly #world: LinkWorld;
  readonly #server: PullLink;
  readonly #files: HttpHandler;
  readonly #fates: MessageFates;
  #open: number | undefined;
  #scheduled: Scheduled | undefined;
  /** Of a file that comes whole: what is behind that need not be sent again. */
  #readBytes = 0;

  constructor(world: LinkWorld, server: PullLink, files: HttpHandler) {
    this.#world = world;
    this.#server = server;
    this.#files = files;
    this.#fates = new MessageFates(world, "fileLink");
  }

  get messages(): number {
    return this.#server.messages + this.#fates.messages;
  }

  get lost(): number {
    return this.#server.lost + this.#fates.lost;
  }

  perform(effect: LinkEffect): void {
    if (effect.type === "fetch") this.#fetch(effect);
    else if (effect.type === "fetchCancel") this.#stop();
    else this.#server.perform(effect);
  }

  halt(): void {
    this.#stop();
    this.#server.halt();
  }

  drop(): void {
    const id = this.#open;
    this.#stop();
    this.#server.drop();
    if (id === undefined) return;
    this.#open = id;
    this.#later(0, () => this.#end(closed(id)));
  }

  #stop(): void {
    this.#open = undefined;
    this.#readBytes = 0;
    if (this.#scheduled !== undefined) this.#world.scheduler.cancel(this.#scheduled);
    this.#scheduled = undefined;
  }

  #fetch(fetch: Fetch): void {
    this.#open = fetch.id;
    const { latencyUs, isLost, isTwice } = this.#fates.next(0);
    if (isLost) return;
    this.#later(latencyUs, () => {
      if (this.#world.isServerDown()) {
        this.#end(closed(fetch.id));
        return;
      }
      if (isTwice) this.#files(requested(fetch), () => {});
      this.#files(requested(fetch), (outcome) => this.#give(fetch, outcome));
    });
  }

  #give(fetch: Fetch, outcome: HttpOutcome): void {
    if (outcome === "silence") return;
    const taken = outcome === "close" ? undefined : takenOf(fetch, outcome);
    const isWhole = outcome !== "close" && outcome.status === 200;
    const skipped = isWhole && this.#readBytes !== fetch.startBytes ? fetch.startBytes : 0;
    const bytes = skipped + (taken?.body.length ?? 0);
    const { latencyUs, transferUs, isLost, isCut } = this.#fates.next(bytes);
    if (isLost) return;
    this.#readBytes = isWhole && !isCut ? fetch.startBytes + fetch.bytesMax : 0;
    const event = taken === undefined || isCut ? closed(fetch.id) : taken;
    this.#later(latencyUs + transferUs, () => this.#end(event));
  }

  #end(event: LinkNews): void {
    this.#open = undefined;
    this.#world.deliver(event);
  }

  #later(delayUs: number, run: () => void): void {
    const { scheduler } = this.#world;
    this.#scheduled = scheduler.schedule(scheduler.now + delayUs, run);
  }
}

function requested({ url, startBytes, bytesMax }: Fetch) {
  const { pathname } = new URL(url);
  const headers = { range: `bytes=${startBytes}-${startBytes + bytesMax - 1}` };
  return { method: "GET", path: pathname, headers, body: NO_BYTES };
}

/** Of a whole file, what lies before the part is skipped; no more than the part is read. */
function takenOf({ id, startBytes, bytesMax }: Fetch, { status, headers, body }: HttpReply) {
  const start = status === 200 ? startBytes : 0;
  const part = body.subarray(start, start + bytesMax);
  return { type: "fetched", id, status, headers, body: part } as const;
}

function closed(id: number): LinkNews {
  return { type: "fetchFailed", id, detail: "the connection was closed" };
}
