import type { DeviceResult } from "#sim/fleet/result.ts";
import type { Sink } from "./sink.ts";

/** What happened to whom and when, over the whole fleet: one line per state change, by time. */
export class Trace {
  readonly #lines: { readonly atS: number; readonly id: number; readonly text: string }[] = [];

  add({ id, timeline }: DeviceResult): void {
    for (const { atS, text } of timeline) this.#lines.push({ atS, id, text });
  }

  writeTo(sink: Sink): void {
    this.#lines.sort((a, b) => a.atS - b.atS || a.id - b.id);
    for (const { atS, id, text } of this.#lines) sink.write(traceLine(id, atS, text));
  }
}

/** Device, seconds of virtual time, what happened. */
export function traceLine(id: number, atS: number, text: string): string {
  return `${String(id).padStart(6)} ${atS.toFixed(3).padStart(12)}  ${text}\n`;
}

/** What happened to a device, a line for each state change. */
export function timelineText({ id, timeline }: DeviceResult): string {
  return timeline.map(({ atS, text }) => traceLine(id, atS, text)).join("");
}
