import type { Ask } from "./dialect.ts";

/** Failures in a row: of each question, whatever the others were answered, and of all together. */
export class FailureCount {
  readonly #of: Record<Ask["type"], number> = { target: 0, chunk: 0, report: 0, change: 0 };
  #inAll = 0;

  /** Returns how many there are now, for the pause before the next try. */
  failed(type: Ask["type"]): number {
    this.#of[type] += 1;
    this.#inAll += 1;
    return Math.max(this.#of[type], this.#inAll);
  }

  /** Something was heard. */
  heard(): void {
    this.#inAll = 0;
  }

  answered(type: Ask["type"]): void {
    this.#of[type] = 0;
  }
}
