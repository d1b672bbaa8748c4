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
  /** Since the last question. */
  #isSpoken = false;

  constructor(config: BackOffConfig, entropy: Entropy) {
    this.#config = config;
    this.#entropy = entropy;
  }

  asked(): void {
    this.#isSpoken = false;
  }

  /** For so long, after `failures` in a row; who was spoken to while nothing was answered, shorter. */
  afterMs(failures: number, at: UptimeUs): number {
    const wholeMs = backOffMs(failures, this.#config, this.#entropy);
    const isLong = wholeMs > this.#config.firstMs;
    return this.#isSpoken && isLong && this.#takesWake(at) ? this.#shortMs() : wholeMs;
  }

  begin(until: UptimeUs): void {
    this.#until = until;
  }

  /** The server speaks: how long the pause still lasts. Undefined: there is none, or it goes on. */
  spokenMs(at: UptimeUs): number | undefined {
    this.#isSpoken = true;
    const isLong = this.#until > at + this.#config.firstMs * MS_US;
    return isLong && this.#takesWake(at) ? this.#shortMs() : undefined;
  }

  #takesWake(at: UptimeUs): boolean {
    if (at < this.#nextWakeAt) return false;
    this.#nextWakeAt = at + this.#config.maxMs * MS_US;
    return true;
  }

  /** Drawn: others have been told at the same moment. */
  #shortMs(): number {
    return backOffMs(1, this.#config, this.#entropy);
  }
}
