import type { PackageKind } from "#agent/pull/thingsboard.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";

/** Devices of one group at most, and groups: what a draw is named by has 32 bits. */
const DEVICES_PER_GROUP = 1_048_576;
const FIRST_ID = 1_073_741_824;

/**
 * What a pulling device draws by: its number in its group, so that more devices of other kinds or in
 * other groups change nothing for it.
 */
export function drawIdOf(group: number, index: number): number {
  return FIRST_ID + group * DEVICES_PER_GROUP + index;
}

/** What the server of a cell draws by. */
export function serverDrawIdOf(group: number, cell: number): number {
  return -drawIdOf(group, cell);
}

export function tokenOf(index: number): string {
  return `token-${index}`;
}

export function packageKindOf({ software }: Pick<ResolvedPull, "software">): PackageKind {
  return software ? "sw" : "fw";
}
