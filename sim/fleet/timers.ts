import type { TimerId } from "#agent/events.ts";
import type { UptimeUs } from "#hal/ports.ts";
import type { Scheduled, Scheduler } from "#sim/kernel/engine.ts";
import type { Oscillator } from "./oscillator.ts";

/** The timers of one device: local times on its own oscillator, one of each name. */
export class DeviceTimers<Id extends string = TimerId> {
  readonly #scheduler: Scheduler;
  readonly #oscillator: Oscillator;
  readonly #fire: (id: Id, at: UptimeUs) => void;
  readonly #heldUs: (id: Id) => number;
  readonly #armed = new Map<Id, Scheduled>();

  /** `heldUs`: how much later a timer that is due is to be tried again; 0: it fires. */
  constructor(
    scheduler: Scheduler,
    oscillator: Oscillator,
    fire: (id: Id, at: UptimeUs) => void,
    heldUs: (id: Id) => number = () => 0,
  ) {
    this.#scheduler = scheduler;
    this.#oscillator = oscillator;
    this.#fire = fire;
    this.#heldUs = heldUs;
  }

  set(id: Id, at: UptimeUs): void {
    this.clear(id);
    const fireAt = Math.max(this.#scheduler.now, this.#oscillator.worldAt(at));
    const scheduled = this.#scheduler.schedule(fireAt, () => {
      this.#armed.delete(id);
      const heldUs = this.#heldUs(id);
      if (heldUs > 0) this.set(id, at + heldUs);
      else this.#fire(id, this.#oscillator.uptimeAt(fireAt));
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
