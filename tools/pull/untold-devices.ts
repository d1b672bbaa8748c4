import type { Patience } from "./ending.ts";

/**
 * The devices of a fleet that have been offered nothing yet. Servers tell one device after the other,
 * ThingsBoard one in 600 ms: "nothing" is no answer as long as others have something to do, nor for a
 * while after that.
 */
export class UntoldDevices {
  readonly #quietMs: number;
  /** All that may still be offered something, and how the patience of those that wait is ended. */
  readonly #open = new Map<Patience, (() => void) | undefined>();
  #isAnyOffered = false;
  #timer: NodeJS.Timeout | undefined;

  /** `quietMs`: nobody has had anything to do for so long. */
  constructor(quietMs: number) {
    this.#quietMs = quietMs;
  }

  /** Of one more device, before any of them runs. */
  join(): Patience {
    const patience: Patience = {
      wait: (end) => {
        if (!this.#open.has(patience)) return;
        this.#open.set(patience, end);
        this.#look();
      },
      offered: () => {
        this.#isAnyOffered = true;
        if (this.#open.has(patience)) this.#open.set(patience, undefined);
        this.#look();
      },
    };
    this.#open.set(patience, undefined);
    return patience;
  }

  /** It has come to its end. */
  leave(patience: Patience): void {
    this.#open.delete(patience);
    this.#look();
  }

  #look(): void {
    const ends = [...this.#open.values()];
    const isQuiet = ends.length > 0 && ends.every((end) => end !== undefined);
    if (!isQuiet) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (!this.#isAnyOffered) this.#endAll();
    else this.#timer ??= setTimeout(() => this.#endAll(), this.#quietMs);
  }

  #endAll(): void {
    const ends = [...this.#open.values()];
    this.#open.clear();
    for (const end of ends) end?.();
  }
}
