const LATE_MS = 50;
/** Enough to take in what waits in the kernel. */
const GRACE_MS = 200;

/**
 * A time-out of what comes from outside. One that is noticed late proves nothing: this process was
 * stopped or the machine busy, and what came in time may not have been read. It waits a moment more,
 * once.
 */
export class Patience {
  readonly #ms: number;
  readonly #end: () => void;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;

  constructor(ms: number, end: () => void) {
    this.#ms = ms;
    this.#end = end;
    this.refresh();
  }

  /** From the beginning. */
  refresh(): void {
    clearTimeout(this.#timer);
    this.#dueMs = performance.now() + this.#ms;
    this.#timer = setTimeout(() => this.#look(), this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const isLate = performance.now() - this.#dueMs > LATE_MS;
    if (isLate) this.#timer = setTimeout(this.#end, GRACE_MS);
    else this.#end();
  }
}
