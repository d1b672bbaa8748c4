import type { DeviceEffect } from "#agent/events.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import type { ClassB } from "./class-b.ts";
import type { MulticastGroups } from "./multicast.ts";

/** What a device asks of its modem about multicast. */
export type McEffect = Extract<
  DeviceEffect,
  {
    type:
      | "setMcGroup"
      | "deleteMcGroup"
      | "startClassC"
      | "stopClassC"
      | "startClassB"
      | "stopClassB";
  }
>;

/** Returns whether what the radio is to listen to may be another now. */
export function performMulticast(
  effect: McEffect,
  groups: MulticastGroups,
  classB: ClassB,
  now: WorldUs,
): boolean {
  const { groupId } = effect;
  switch (effect.type) {
    case "setMcGroup":
      classB.close(groupId, now);
      groups.set(effect);
      return true;
    case "deleteMcGroup":
      classB.close(groupId, now);
      groups.delete(groupId);
      return true;
    case "startClassC":
      groups.open(groupId, { frequencyHz: effect.frequencyHz, dr: effect.dr });
      return true;
    case "stopClassC":
      groups.close(groupId);
      return true;
    case "startClassB": {
      const { frequencyHz, dr, periodicity } = effect;
      const address = groups.openSlots(groupId, { frequencyHz, dr });
      classB.open(groupId, { address, frequencyHz, dr, periodicity }, now);
      return false;
    }
    case "stopClassB":
      classB.close(groupId, now);
      groups.close(groupId);
      return false;
    default:
      return effect satisfies never;
  }
}
