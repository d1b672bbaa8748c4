import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const BEAT_MS = 2;

/**
 * How long the machine takes for next to nothing: a timer, and a call that a thread of the pool makes,
 * the way that bytes of a port come. What is late by that was not late of itself.
 */
export class MachineDelay {
  #isOver = false;
  #worstMs = 0;
  #beatAtMs = performance.now();
  readonly #beats: Promise<void>;

  constructor() {
    this.#beats = this.#beat();
  }

  /** The longest since it was asked last, one that is not over yet included. */
  takeWorstMs(): number {
    const worstMs = Math.max(this.#worstMs, performance.now() - this.#beatAtMs - BEAT_MS);
    this.#worstMs = 0;
    return Math.max(0, worstMs);
  }

  end(): Promise<void> {
    this.#isOver = true;
    return this.#beats;
  }

  async #beat(): Promise<void> {
    while (!this.#isOver) {
      this.#beatAtMs = performance.now();
      await sleep(BEAT_MS);
      await stat("/");
      this.#worstMs = Math.max(this.#worstMs, performance.now() - this.#beatAtMs - BEAT_MS);
    }
  }
}
