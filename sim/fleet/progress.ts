import type { Scheduler } from "#sim/kernel/engine.ts";
import type { Cell } from "./cell.ts";

/** Devices by how far they have come; of pulling ones, `joined` have heard their server. */
export interface DeviceCounts {
  readonly joined: number;
  readonly receiving: number;
  readonly complete: number;
  readonly updated: number;
  readonly failed: number;
}

/** The same while a run goes on. */
export interface FleetProgress extends DeviceCounts {
  readonly cellsDone: number;
  readonly cells: number;
  readonly virtualSeconds: number;
  readonly devices: number;
}

export function countsOf({ members }: Pick<Cell, "members">): DeviceCounts {
  const sum = { joined: 0, receiving: 0, complete: 0, updated: 0, failed: 0 };
  for (const { node } of members) {
    if (node.isJoined) sum.joined += 1;
    if (node.observed.blockState === "receiving") sum.receiving += 1;
    if (node.observed.blockState === "complete") sum.complete += 1;
    if (node.updated) sum.updated += 1;
    else if (node.observed.blockState === "failed" || node.bricked) sum.failed += 1;
  }
  return sum;
}

/** The running cell, and what the finished ones came to. */
export function progressOf(
  { engine, counts }: { readonly engine: Pick<Scheduler, "now">; readonly counts: DeviceCounts },
  finished: readonly FleetProgress[],
  cells: number,
  devices: number,
): FleetProgress {
  const sum = { ...counts };
  for (const one of finished) {
    sum.joined += one.joined;
    sum.receiving += one.receiving;
    sum.complete += one.complete;
    sum.updated += one.updated;
    sum.failed += one.failed;
  }
  const virtualSeconds = Math.round(engine.now / 1e6);
  return { cellsDone: finished.length, cells, virtualSeconds, devices, ...sum };
}
