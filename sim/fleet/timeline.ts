import type { Scheduler } from "#sim/kernel/engine.ts";
import type { TimelineEntry } from "./notes.ts";

const ENTRIES_MAX = 400;

/** What happened to a device, in words; the first of it, when that is too much. */
export class Timeline {
  readonly entries: TimelineEntry[] = [];
  readonly #scheduler: Pick<Scheduler, "now">;

  constructor(scheduler: Pick<Scheduler, "now">) {
    this.#scheduler = scheduler;
  }

  add(text: string): void {
    if (this.entries.length >= ENTRIES_MAX) return;
    this.entries.push({ atS: Math.round(this.#scheduler.now / 1e3) / 1e3, text });
  }
}
