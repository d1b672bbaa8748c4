import type { ModemGroup } from "./modem-radio.ts";

/** Whether two sets of groups are heard alike. */
export function isSameListening(
  groups: readonly ModemGroup[],
  others: readonly ModemGroup[],
): boolean {
  const hasAll = (all: readonly ModemGroup[], some: readonly ModemGroup[]) =>
    some.every(({ mcAddr, frequencyHz, dr }) =>
      all.some(
        (other) => other.mcAddr === mcAddr && other.frequencyHz === frequencyHz && other.dr === dr,
      ),
    );
  return groups.length === others.length && hasAll(groups, others);
}
