import type { FlashLayout } from "#agent/boot/layout.ts";
import { sectorsOf } from "#agent/flash/sectors.ts";
import type { NorFlash } from "../flash/nor.ts";
import { OracleViolation } from "./violation.ts";

export interface WearBound {
  readonly bankErases: number;
  readonly stateErases: number;
}

/** I13: no sector of a bank, and no state sector, is erased more often than that. */
export function requireWearBound(
  flash: NorFlash,
  { banks, state }: Pick<FlashLayout, "banks" | "state">,
  { bankErases, stateErases }: WearBound,
): void {
  const bounds = [
    ...banks.map((region) => ({ region, erasesMax: bankErases })),
    ...state.map((region) => ({ region, erasesMax: stateErases })),
  ];
  for (const { region, erasesMax } of bounds) {
    for (const address of sectorsOf(flash.geometry, region)) {
      const erases = flash.eraseCount(address);
      if (erases <= erasesMax) continue;
      const where = `0x${address.toString(16)}`;
      throw new OracleViolation("I13", `${erases} erases at ${where}, at most ${erasesMax}`);
    }
  }
}
