import type { LinkEvent, PullEffect } from "#agent/pull/events.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { type DrawKey, draw32, drawBelow, drawKey, threshold } from "#sim/kernel/draws.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";

/** What a device tells its link to do. */
export type LinkEffect = Exclude<
  PullEffect,
  { readonly type: "setTimer" | "clearTimer" | "reboot" | "note" }
>;

type WithoutTime<Event> = Event extends unknown ? Omit<Event, "at"> : never;
export type LinkNews = WithoutTime<LinkEvent>;

/** What lies between a device and its server. */
export interface PullLink {
  perform(effect: LinkEffect): void;
  /** The device has gone: nothing that is on its way comes to it any more. */
  halt(): void;
  /** The server has gone: what it owes will not come. */
  drop(): void;
  readonly messages: number;
  readonly lost: number;
}

/** Where links run. */
export interface LinkWorld {
  readonly scheduler: Scheduler;
  readonly options: ResolvedPull["link"];
  readonly seed: number;
  /** Of the device, among those that draw. */
  readonly id: number;
  /** Nothing that is sent now arrives. */
  isOffline(): boolean;
  isServerDown(): boolean;
  deliver(event: LinkNews): void;
}

const MS_US = 1000;
/** Of one message: latency takes two words; loss, truncation, duplicate. */
const DRAWS = 8;

/** What becomes of each message: by its number alone, whatever became of the others. */
export class MessageFates {
  readonly #world: LinkWorld;
  readonly #key: DrawKey;
  readonly #losses: number;
  readonly #truncations: number;
  readonly #duplicates: number;
  messages = 0;
  lost = 0;

  /** `purpose`: what the draws are for; one device may have several links. */
  constructor(world: LinkWorld, purpose = "ipLink") {
    const { loss, truncation, duplicates } = world.options;
    this.#world = world;
    this.#key = drawKey(world.seed, world.id, purpose);
    this.#losses = threshold(loss);
    this.#truncations = threshold(truncation);
    this.#duplicates = threshold(duplicates);
  }

  /** `bytes`: that the server sends; 0 for a message of the device. */
  next(bytes: number) {
    const draws = DRAWS * this.messages++;
    const { latencyMs, bytesPerS } = this.#world.options;
    const spanUs = (latencyMs.max - latencyMs.min) * MS_US;
    const transferUs = bytesPerS === undefined ? 0 : Math.ceil((bytes * 1_000_000) / bytesPerS);
    const isLost = draw32(this.#key, draws + 2) < this.#losses || this.#world.isOffline();
    if (isLost) this.lost += 1;
    return {
      latencyUs: latencyMs.min * MS_US + drawBelow(this.#key, draws / 2, spanUs + 1),
      transferUs,
      isLost,
      isCut: draw32(this.#key, draws + 3) < this.#truncations,
      isTwice: draw32(this.#key, draws + 4) < this.#duplicates,
    };
  }
}
