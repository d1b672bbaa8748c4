import type { Entropy, UptimeUs } from "#hal/ports.ts";
import { backOffMs } from "./back-off.ts";
import type { BackOffConfig } from "./config.ts";

const MS_US = 1000;

/**
 * Pauses after failures, and when a word that the server says by itself ends one.
 *
 * Drogue's own client (embedded-update's updater) pauses for its `backoff_ms`, a second, however often
 * it has failed, and asks anew: whoever rolls firmware out and pushes a command sees it act at once.
 * Pauses here grow to minutes, and a device that slept through the push would look deaf. But they are
 * there to spare a server, and one that says the same for ever, or a broker that repeats, needs it most:
 * so a pause is ended once in the time of the longest one, and no oftener.
 */
export class Pauses {
  readonly #config: BackOffConfig;
  readonly #entropy: Entropy;
  #until: UptimeUs = 0;
  #nextWakeAt: UptimeUs = 0;

  constructor(config: BackOffConfig, entropy: Entropy) {
    this.#config = config;
    this.#entropy = entropy;
  }

  begin(until: UptimeUs): void {
    this.#until = until;
  }

  /** The server has spoken: how long the pause still lasts. Undefined: there is none, or it goes on. */
  shortenedUs(at: UptimeUs): number | undefined {
    const { firstMs, maxMs } = this.#config;
    if (at < this.#nextWakeAt || this.#until <= at + firstMs * MS_US) return undefined;
    this.#nextWakeAt = at + maxMs * MS_US;
    // Drawn: others have been told at the same moment.
    return backOffMs(1, this.#config, this.#entropy) * MS_US;
  }
}
