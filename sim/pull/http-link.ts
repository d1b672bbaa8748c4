import type { HttpEvent, PullEffect } from "#agent/pull/events.ts";
import { type DrawKey, draw32, drawBelow, drawKey, threshold } from "#sim/kernel/draws.ts";
import type { Scheduled, Scheduler } from "#sim/kernel/engine.ts";
import type { HttpHandler, HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";

/** What lies between a device and its server. */
export interface IpLinkOptions {
  /** Of one message, uniform between these. */
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
  /** Chance that a request does not arrive, and that a response does not. */
  readonly loss: number;
  /** Chance that the connection ends in the middle of a response. */
  readonly truncation: number;
}

export const GOOD_IP_LINK: IpLinkOptions = {
  latencyMinMs: 20,
  latencyMaxMs: 80,
  loss: 0,
  truncation: 0,
};

type WithoutTime = HttpEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, "at">
    : never
  : never;
type HttpRequest = PullEffect & { readonly type: "httpRequest" };

const MS_US = 1000;
/** Draws for one exchange: two latencies of two words each, two losses, one truncation. */
const DRAWS = 8;

/** The HTTP exchanges of one device in virtual time. */
export class SimulatedHttp {
  readonly #scheduler: Scheduler;
  readonly #handler: HttpHandler;
  readonly #options: IpLinkOptions;
  readonly #deliver: (event: WithoutTime) => void;
  readonly #key: DrawKey;
  readonly #lossThreshold: number;
  readonly #truncationThreshold: number;
  #exchanges = 0;
  #isOpen = false;
  #scheduled: Scheduled | undefined;
  #leave: (() => void) | undefined;
  /** Messages that were sent and did not arrive. */
  lost = 0;

  constructor(
    scheduler: Scheduler,
    handler: HttpHandler,
    options: IpLinkOptions,
    identity: { readonly seed: number; readonly id: number },
    deliver: (event: WithoutTime) => void,
  ) {
    this.#scheduler = scheduler;
    this.#handler = handler;
    this.#options = options;
    this.#deliver = deliver;
    this.#key = drawKey(identity.seed, identity.id, "ipLink");
    this.#lossThreshold = threshold(options.loss);
    this.#truncationThreshold = threshold(options.truncation);
  }

  get exchanges(): number {
    return this.#exchanges;
  }

  request(request: HttpRequest): void {
    this.halt();
    const draws = DRAWS * this.#exchanges++;
    this.#isOpen = true;
    if (draw32(this.#key, draws) < this.#lossThreshold) {
      this.lost += 1;
      return;
    }
    this.#later(draws / 2 + 1, () => this.#arrive(request, draws));
  }

  /** Whatever is on its way comes to nobody. */
  halt(): void {
    this.#isOpen = false;
    if (this.#scheduled !== undefined) this.#scheduler.cancel(this.#scheduled);
    this.#scheduled = undefined;
    this.#leave?.();
    this.#leave = undefined;
  }

  #arrive(request: HttpRequest, draws: number): void {
    const { id, method, path, headers = {}, body = "", bodyBytesMax } = request;
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const leave = this.#handler({ method, path, headers, body: bytes }, (outcome) => {
      this.#leave = undefined;
      if (!this.#isOpen || outcome === "silence") return;
      if (draw32(this.#key, draws + 1) < this.#lossThreshold) {
        this.lost += 1;
        return;
      }
      const isCut = draw32(this.#key, draws + 6) < this.#truncationThreshold;
      const event = eventOf(id, isCut ? "close" : outcome, bodyBytesMax);
      this.#later(draws / 2 + 2, () => {
        this.#isOpen = false;
        this.#deliver(event);
      });
    });
    if (this.#isOpen) this.#leave = leave;
  }

  #later(draw: number, run: () => void): void {
    const { latencyMinMs, latencyMaxMs } = this.#options;
    const spanUs = (latencyMaxMs - latencyMinMs) * MS_US;
    const latencyUs = latencyMinMs * MS_US + drawBelow(this.#key, draw, spanUs + 1);
    this.#scheduled = this.#scheduler.schedule(this.#scheduler.now + latencyUs, run);
  }
}

function eventOf(id: number, outcome: HttpOutcome, bodyBytesMax: number): WithoutTime {
  if (typeof outcome === "string") {
    return { type: "httpFailed", id, detail: "the connection was closed", isTooLong: false };
  }
  const { status, body } = outcome;
  if (body.length <= bodyBytesMax) return { type: "httpResponse", id, status, body };
  return { type: "httpFailed", id, detail: `more than ${bodyBytesMax} bytes`, isTooLong: true };
}
