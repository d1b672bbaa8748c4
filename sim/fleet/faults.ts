import type { ResolvedFault } from "#scenarios/air-defaults.ts";
import { draw32, drawKey, threshold } from "#sim/kernel/draws.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";

/** What may be wrong with a flash. */
export type FlashFaultKind = Extract<
  ResolvedFault["kind"],
  "programFails" | "eraseFails" | "readFails" | "bitRot"
>;

/** What a fault does to a device. */
export interface FaultTarget {
  readonly id: number;
  failPower(forUs: number): void;
  reset(): void;
  deafen(forUs: number): void;
  sicken(fault: FlashFaultKind, times: number): void;
}

/**
 * Decides who is hit by which fault, and when. Faults at a time are scheduled at once; faults at a
 * fragment wait until that fragment is on the air for the device.
 *
 * A fault is known by its kind and time, so that its draws stay when another one is dropped; of
 * several with the same kind and time, each has a draw of its own.
 */
export class FaultPlan {
  readonly #atFragment = new Map<number, Map<FaultTarget, ResolvedFault[]>>();

  constructor(
    faults: readonly ResolvedFault[],
    nodes: readonly FaultTarget[],
    seed: number,
    scheduler: Scheduler,
  ) {
    const drawn = new Map<string, number>();
    for (const fault of faults) {
      const purpose = purposeOf(fault);
      const count = drawn.get(purpose) ?? 0;
      drawn.set(purpose, count + 1);
      for (const node of nodes) {
        const isHit = draw32(drawKey(seed, node.id, purpose), count) < threshold(fault.share);
        if (isHit) this.#plan(fault, node, scheduler);
      }
    }
  }

  /** Fragment `n`, from 1, is on the air for the devices of one group. */
  onFragment(n: number, group: readonly { readonly node: FaultTarget }[]): void {
    const byNode = this.#atFragment.get(n);
    if (byNode === undefined) return;
    for (const { node } of group) {
      for (const fault of byNode.get(node) ?? []) strike(fault, node);
    }
  }

  #plan(fault: ResolvedFault, node: FaultTarget, scheduler: Scheduler): void {
    if ("atS" in fault.when) {
      scheduler.schedule(Math.round(fault.when.atS * 1e6), () => strike(fault, node));
      return;
    }
    const { atFragment } = fault.when;
    const byNode = this.#atFragment.get(atFragment) ?? new Map<FaultTarget, ResolvedFault[]>();
    byNode.set(node, [...(byNode.get(node) ?? []), fault]);
    this.#atFragment.set(atFragment, byNode);
  }
}

function purposeOf({ kind, when }: ResolvedFault): string {
  const time = "atS" in when ? `${when.atS} s` : `fragment ${when.atFragment}`;
  return `fault ${kind} ${time}`;
}

function strike(fault: ResolvedFault, node: FaultTarget): void {
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
    case "programFails":
    case "eraseFails":
    case "readFails":
    case "bitRot":
      node.sicken(fault.kind, fault.times);
      return;
    default:
      fault.kind satisfies never;
      return;
  }
}
