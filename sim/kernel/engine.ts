/** Integer microseconds since the simulated world began. */
export type WorldUs = number;

export interface Scheduled {
  readonly at: WorldUs;
  readonly sequence: number;
  run: (() => void) | undefined;
}

/** Where a model may put work for later; the engine, or a recorder in tests. */
export interface Scheduler {
  readonly now: WorldUs;
  schedule(at: WorldUs, run: () => void): Scheduled;
  cancel(scheduled: Scheduled): void;
}

/**
 * Virtual time: one binary heap ordered by (time, sequence), so that the order of events is total
 * and the same on every machine.
 */
export class Engine implements Scheduler {
  readonly #heap: Scheduled[] = [];
  #now: WorldUs = 0;
  #sequence = 0;
  #events = 0;

  get now(): WorldUs {
    return this.#now;
  }

  /** Events run so far: the number that `--until` counts in. */
  get events(): number {
    return this.#events;
  }

  schedule(at: WorldUs, run: () => void): Scheduled {
    if (!Number.isSafeInteger(at) || at < this.#now) {
      throw new RangeError(`cannot schedule at ${at}, now is ${this.#now}`);
    }
    const scheduled: Scheduled = { at, sequence: this.#sequence++, run };
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Scheduled;
      if (!isBefore(scheduled, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = scheduled;
    return scheduled;
  }

  cancel(scheduled: Scheduled): void {
    scheduled.run = undefined;
  }

  /** Runs until nothing is left, `stop` says so, or the next event is after `untilUs`. */
  run(untilUs: WorldUs, stop: () => boolean = () => false): void {
    for (let next = this.#heap[0]; next !== undefined; next = this.#heap[0]) {
      if (next.at > untilUs || stop()) return;
      this.#removeFirst();
      if (next.run === undefined) continue;
      this.#now = next.at;
      this.#events += 1;
      next.run();
    }
  }

  /** When the next event is due; undefined when nothing is left. */
  get nextAt(): WorldUs | undefined {
    return this.#heap[0]?.at;
  }

  /** Runs what is due by `us`, and makes it that late: for a world that real time drives. */
  advance(us: WorldUs): void {
    this.run(us);
    this.#now = Math.max(this.#now, us);
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Scheduled)) child += 1;
      if (!isBefore(heap[child] as Scheduled, last)) break;
      heap[index] = heap[child] as Scheduled;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
