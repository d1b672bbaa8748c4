import type { DeviceResult } from "#sim/fleet/result.ts";

/** Lines kept, of those not updated and of the others: the ten thousand devices of a usual fleet. */
export const LINES_MAX = 200_000;

/** Texts repeat from device to device: each stands once in `texts`. */
export interface Timelines {
  readonly texts: readonly string[];
  /** By device number: moment in seconds, index into `texts`, and so on by turns. */
  readonly lines: Readonly<Record<string, readonly number[]>>;
}

/** Keeps the timelines of devices as they come, as many as a page can carry. */
export class TimelineKeeper {
  readonly #texts = new Map<string, number>();
  readonly #lines: Record<string, number[]> = {};
  #left = { updated: LINES_MAX, other: LINES_MAX };

  add({ id, state, timeline }: Pick<DeviceResult, "id" | "state" | "timeline">): void {
    const group = state === "updated" ? "updated" : "other";
    if (this.#left[group] < timeline.length) return;
    this.#left[group] -= timeline.length;
    this.#lines[id] = timeline.flatMap(({ atS, text }) => [atS, this.#indexOf(text)]);
  }

  result(): Timelines {
    return { texts: [...this.#texts.keys()], lines: this.#lines };
  }

  #indexOf(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const index = this.#texts.size;
    this.#texts.set(text, index);
    return index;
  }
}
