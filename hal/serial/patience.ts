import { stat } from "node:fs";

const LATE_MS = 50;
/** Of the event loop and a thread of the pool, the way of what waits in the kernel. */
const TURNS = 8;

/**
 * A time-out of what comes from outside. One that is noticed late proves nothing: this process was
 * stopped or the machine busy, and what came in time may not have been read. It is read first.
 */
export class Patience {
  readonly #ms: number;
  readonly #end: () => void;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;
  /** Counts what makes turns that are under way mean nothing. */
  #restarts = 0;

  constructor(ms: number, end: () => void) {
    this.#ms = ms;
    this.#end = end;
    this.refresh();
  }

  /** From the beginning. */
  refresh(): void {
    this.stop();
    this.#dueMs = performance.now() + this.#ms;
    this.#timer = setTimeout(() => this.#look(), this.#ms);
  }

  stop(): void {
    this.#restarts += 1;
    clearTimeout(this.#timer);
  }

  #look(): void {
    if (performance.now() - this.#dueMs <= LATE_MS) this.#end();
    else this.#turn(TURNS, this.#restarts);
  }

  #turn(left: number, restarts: number): void {
    if (restarts !== this.#restarts) return;
    if (left === 0) this.#end();
    else setImmediate(() => stat("/", () => this.#turn(left - 1, restarts)));
  }
}
