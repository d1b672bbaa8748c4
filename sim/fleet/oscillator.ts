import type { UptimeUs } from "#hal/ports.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";

/**
 * A device's own clock: it starts at zero with every reset and runs fast or slow by `driftPpm`.
 * Both directions round so that a timer never fires before its local time.
 */
export class Oscillator {
  readonly #rate: number;
  #startedAt: WorldUs = 0;

  constructor(driftPpm: number) {
    this.#rate = 1 + driftPpm / 1e6;
  }

  restart(now: WorldUs): void {
    this.#startedAt = now;
  }

  uptimeAt(now: WorldUs): UptimeUs {
    return Math.floor((now - this.#startedAt) * this.#rate);
  }

  /** The first moment at which this clock shows `uptime`, or more. */
  worldAt(uptime: UptimeUs): WorldUs {
    const at = this.#startedAt + Math.ceil(uptime / this.#rate);
    // Two roundings of large times may meet on the wrong side.
    return this.uptimeAt(at) < uptime ? at + 1 : at;
  }

  /** Length on this clock of a span of world time. */
  elapsed(spanUs: number): number {
    return Math.floor(spanUs * this.#rate);
  }
}
