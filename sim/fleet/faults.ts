import type { ResolvedFault } from "#scenarios/defaults.ts";
import { draw32, drawKey, threshold } from "#sim/kernel/draws.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import type { FleetNode } from "./node.ts";

/**
 * Decides who is hit by which fault, and when. Faults at a time are scheduled at once; faults at a
 * fragment wait until that fragment is on the air.
 */
export class FaultPlan {
  readonly #atFragment = new Map<number, (() => void)[]>();

  constructor(
    faults: readonly ResolvedFault[],
    nodes: readonly FleetNode[],
    seed: number,
    scheduler: Scheduler,
  ) {
    for (const [index, fault] of faults.entries()) {
      for (const node of nodes) {
        const isHit = draw32(drawKey(seed, node.id, "fault"), index) < threshold(fault.share);
        if (isHit) this.#plan(fault, node, scheduler);
      }
    }
  }

  onFragment(n: number): void {
    for (const strike of this.#atFragment.get(n) ?? []) strike();
  }

  #plan(fault: ResolvedFault, node: FleetNode, scheduler: Scheduler): void {
    const strike = () => hit(fault, node);
    if ("atS" in fault.when) {
      scheduler.schedule(Math.round(fault.when.atS * 1e6), strike);
      return;
    }
    const { atFragment } = fault.when;
    const strikes = this.#atFragment.get(atFragment) ?? [];
    strikes.push(strike);
    this.#atFragment.set(atFragment, strikes);
  }
}

function hit(fault: ResolvedFault, node: FleetNode): void {
  const forUs = Math.round(fault.forS * 1e6);
  switch (fault.kind) {
    case "powerCut":
      node.failPower(forUs);
      return;
    case "reset":
      node.reset();
      return;
    case "deaf":
      node.deafen(forUs);
      return;
    default:
      fault.kind satisfies never;
      return;
  }
}
