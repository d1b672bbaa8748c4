import type { FlashGeometry } from "#hal/ports.ts";
import type { Region } from "../boot/strategy.ts";
import { sectorBytes, sectorsOf } from "../flash/sectors.ts";

/** How a bank is shared while the patch that came into it is applied. */
export interface BankPlan {
  /** Addresses of the sectors, from the front, that the target takes. */
  readonly targetSectors: readonly number[];
  /** The sectors, at the end, in which the patch is kept. */
  readonly patch: Region;
}

/** Undefined if target and patch do not fit beside each other, or the patch not twice. */
export function planOf(
  geometry: FlashGeometry,
  bank: Region,
  patchBytes: number,
  targetBytes: number,
): BankPlan | undefined {
  const sectors = sectorsOf(geometry, bank);
  const end = bank.address + bank.sizeBytes;
  const patchAt = sectors.findLast((address) => end - address >= patchBytes);
  if (patchAt === undefined) return undefined;
  const targetEnd = bank.address + targetBytes;
  const targetSectors = sectors.filter((address) => address < targetEnd);
  const last = targetSectors.at(-1) ?? bank.address;
  const isApart =
    last + sectorBytes(geometry, last) <= patchAt && bank.address + patchBytes <= patchAt;
  if (!isApart) return undefined;
  return { targetSectors, patch: { address: patchAt, sizeBytes: end - patchAt } };
}
