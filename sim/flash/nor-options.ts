import type { DrawKey } from "../kernel/draws.ts";
import type { FlashDurations } from "./durations.ts";
import type { SharedContent } from "./shared-content.ts";

/**
 * What a second program of a granule does: `write-once` refuses it (STM32U5), `zero-overwrite`
 * accepts the inverse of the erased value in every bit (ECC parts such as H7, L4, G4), `multiwrite`
 * clears more bits (plain NOR).
 */
export type RewritePolicy = "write-once" | "zero-overwrite" | "multiwrite";

export interface NorOptions {
  readonly policy?: RewritePolicy;
  /** Bytes shared with the other flashes of a cell. */
  readonly content?: SharedContent;
  /** Draws for everything that is left to chance. */
  readonly key?: DrawKey;
  /**
   * Each granule has check bits: one wrong bit is corrected, two are a read fault, and so is any
   * granule in which an operation was interrupted, until it is erased or overwritten with zeros.
   */
  readonly ecc?: boolean;
  /** Erases that a sector stands; every later one fails and leaves the sector undefined. */
  readonly enduranceErases?: number;
  /** How many of the last erases before the end leave a bit that has not quite been erased. */
  readonly marginalErases?: number;
  /** Reads of a sector, in calls, after which one more of its bits has leaked. */
  readonly readDisturbEvery?: number;
  /** What operations take; without it they take no time. */
  readonly durations?: FlashDurations;
}
