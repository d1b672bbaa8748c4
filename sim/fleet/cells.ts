import type { ResolvedScenario } from "#scenarios/defaults.ts";

/** One cell of a run, and who is in it. */
export interface CellPlan {
  /** From 0, in the whole run. */
  readonly index: number;
  /** Numbers in the fleet; of pulling devices, in their group. */
  readonly members: readonly number[];
  /** Of pulling devices: number of their group, of this cell in it, and of its first device in the fleet. */
  readonly pull?: { readonly group: number; readonly cell: number; readonly firstId: number };
}

/** The LoRaWAN devices' cells, then those of each group that pulls. */
export function cellsOf({
  devices,
  pull,
}: Pick<ResolvedScenario, "devices" | "pull">): readonly CellPlan[] {
  const plans: CellPlan[] = [];
  for (const members of partsOf(devices)) plans.push({ index: plans.length, members });
  let firstId = devices.count;
  for (const [group, { count, perCell }] of pull.entries()) {
    for (const [cell, members] of partsOf({ count, perCell }).entries()) {
      plans.push({ index: plans.length, members, pull: { group, cell, firstId } });
    }
    firstId += count;
  }
  return plans;
}

function partsOf({ count, perCell }: { readonly count: number; readonly perCell: number }) {
  return Array.from({ length: Math.ceil(count / perCell) }, (_, part) => {
    const first = part * perCell;
    return Array.from({ length: Math.min(perCell, count - first) }, (_, at) => first + at);
  });
}
