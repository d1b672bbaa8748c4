import type { TimerId } from "#agent/events.ts";
import type { UptimeUs } from "#hal/ports.ts";
import type { Scheduled, Scheduler } from "#sim/kernel/engine.ts";
import type { Oscillator } from "./oscillator.ts";

/** The timers of one device: local times on its own oscillator, one of each name. */
export class DeviceTimers<Id extends string = TimerId> {
  readonly #scheduler: Scheduler;
  readonly #oscillator: Oscillator;
  readonly #fire: (id: Id, at: UptimeUs) => void;
  readonly #armed = new Map<Id, Scheduled>();

  constructor(scheduler: Scheduler, oscillator: Oscillator, fire: (id: Id, at: UptimeUs) => void) {
    this.#scheduler = scheduler;
    this.#oscillator = oscillator;
    this.#fire = fire;
  }

  set(id: Id, at: UptimeUs): void {
    this.clear(id);
    const fireAt = Math.max(this.#scheduler.now, this.#oscillator.worldAt(at));
    const scheduled = this.#scheduler.schedule(fireAt, () => {
      this.#armed.delete(id);
      this.#fire(id, this.#oscillator.uptimeAt(fireAt));
    });
    this.#armed.set(id, scheduled);
  }

  clear(id: Id): void {
    const scheduled = this.#armed.get(id);
    if (scheduled === undefined) return;
    this.#scheduler.cancel(scheduled);
    this.#armed.delete(id);
  }

  clearAll(): void {
    for (const scheduled of this.#armed.values()) this.#scheduler.cancel(scheduled);
    this.#armed.clear();
  }
}
