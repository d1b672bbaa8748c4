import type { EmbassyImages } from "./embassy-images.ts";
import type { EmbassySwap } from "./embassy-swap.ts";
import { BLANK_RECORD, type BootRecord, entryOf, NO_ENTRY } from "./record.ts";

/**
 * The boot record of a flash that has none: it was an embassy-boot's until now, or both copies are
 * lost. STATE is believed as embassy-boot believes it, but for an image that does not verify: what is
 * staged is swapped in for its trials, a trial that was not confirmed is taken back.
 *
 * Undefined when no image verifies. Throws `FlashFault` when a page cannot be copied.
 */
export function recoveredRecord(
  swap: EmbassySwap,
  images: EmbassyImages,
  attemptsMax: number,
): BootRecord | undefined {
  let isTrial = swap.state.saysSwap() && resumeSwap(swap, images);
  let active = images.active();
  if (isTrial && active === undefined) {
    swap.run(swap.swapped, swap.reverted);
    active = images.active();
    isTrial = false;
  }
  const previous = images.previous();
  const previousEntry = previous === undefined ? NO_ENTRY : entryOf(previous);
  const record: BootRecord = { ...BLANK_RECORD, lastReason: "factoryRecovery" };
  if (active === undefined) {
    if (previous === undefined) return undefined;
    const { securityCounter } = previous;
    const banks = [NO_ENTRY, previousEntry] as const;
    return { ...record, securityCounter, banks, bankStates: ["bad", "confirmed"] };
  }
  if (!isTrial) {
    return {
      ...record,
      securityCounter: active.securityCounter,
      banks: [entryOf(active), previousEntry],
      bankStates: ["confirmed", previous === undefined ? "dirty" : "confirmed"],
    };
  }
  return {
    ...record,
    pending: 1,
    attemptsLeft: attemptsMax,
    attemptsMax,
    securityCounter: previous?.securityCounter ?? active.securityCounter,
    banks: [previousEntry, entryOf(active)],
    bankStates: ["confirmed", "ready"],
  };
}

/** Returns whether a new image came into ACTIVE by it. */
function resumeSwap(swap: EmbassySwap, images: EmbassyImages): boolean {
  const { swapped, reverted } = swap;
  const done = swap.resume();
  if (done >= swapped) {
    swap.run(done, reverted);
    return false;
  }
  if (done === 0 && images.staged() === undefined) return false;
  swap.run(done, swapped);
  return true;
}
