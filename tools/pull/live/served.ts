import type { Dialect } from "#agent/pull/dialect.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import type { LinkWorld, PullLink } from "#sim/pull/link.ts";
import type { Served } from "#sim/pull/server.ts";
import { isToldUpdated, thingsBoardDialectOf, toldErrorOf } from "#sim/pull/thingsboard-words.ts";

/** A device of a real ThingsBoard, and what that was last seen to have been told. */
export class ServedLive implements Served {
  readonly telemetry = new Map<string, { readonly value: unknown }>();
  readonly #pull: ResolvedPull;
  /** That the device gives. */
  readonly #token: string;
  readonly #link: (world: LinkWorld) => PullLink;

  constructor(pull: ResolvedPull, token: string, link: (world: LinkWorld) => PullLink) {
    this.#pull = pull;
    this.#token = token;
    this.#link = link;
  }

  isKnownUpdated(): boolean {
    return isToldUpdated(this.telemetry, this.#pull);
  }

  error(): string {
    return toldErrorOf(this.telemetry, this.#pull);
  }

  newDialect(): Dialect {
    return thingsBoardDialectOf(this.#pull, this.#token);
  }

  newLink(world: LinkWorld): PullLink {
    return this.#link(world);
  }
}
