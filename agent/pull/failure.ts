import type { ImageRefusal } from "../image/refusal.ts";

/** Why a device does not run what it was offered. */
export type PullFailure =
  | ImageRefusal
  | "storage"
  | "rolledBack"
  /** What is offered is for other devices, too large, or not described well enough. */
  | "offer"
  /** Chunks were not of the length that was asked for, again and again. */
  | "chunks"
  | "checksum";

/** The same where a server has words for more; not remembered. */
export type FailureCause = PullFailure | "tooLarge";

export function failureOf(cause: FailureCause): PullFailure {
  return cause === "tooLarge" ? "offer" : cause;
}

/** Position is the code in flash. */
export const PULL_FAILURES: readonly PullFailure[] = [
  "imageFormat",
  "digest",
  "signature",
  "downgrade",
  "wrongHardware",
  "storage",
  "rolledBack",
  "offer",
  "chunks",
  "checksum",
];

/** Another download of the same package may well come out otherwise. */
const WORTH_ANOTHER_TRY: readonly PullFailure[] = ["storage", "chunks", "checksum"];

const IMAGE_REFUSALS: readonly PullFailure[] = [
  "imageFormat",
  "digest",
  "signature",
  "downgrade",
  "wrongHardware",
];

/** Of what came by a way on which nobody sees a wrong bit: whatever is wrong with the image may be that bit. */
export function failureOfUnchecked(failure: PullFailure): PullFailure {
  return IMAGE_REFUSALS.includes(failure) ? "checksum" : failure;
}

/** How often a package is taken up that failed so. */
export function triesOf(failure: PullFailure): number {
  return WORTH_ANOTHER_TRY.includes(failure) ? 3 : 1;
}
