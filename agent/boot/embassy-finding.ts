import type { EmbassyImages } from "./embassy-images.ts";
import type { SwapTarget } from "./embassy-spare.ts";
import type { EmbassySwap } from "./embassy-swap.ts";
import { type BootRecord, hashPrefixOf } from "./record.ts";
import type { ImageIdentity } from "./strategy.ts";

/** What became of a pending image: half-steps done of its swap, or how it ended. */
export type Finding = number | "confirmed" | "takenBack" | "invalid";

export function targetOf({ updateId, banks }: BootRecord): SwapTarget {
  return { updateId, hashPrefix: banks[1].hashPrefix };
}

/**
 * Finds out where the swap of the pending image stands, and arms STATE for what is still to do.
 *
 * STATE is believed while it is sealed. If it is not, it was being written or is lost; then it says
 * something only by being clean, and the images that verify say the rest.
 *
 * @throws FlashFault when nothing was swapped yet and STATE does not take the demand
 */
export function findSwap(record: BootRecord, swap: EmbassySwap, images: EmbassyImages): Finding {
  const { state } = swap;
  const target = targetOf(record);
  const isStaged = () => isImage(images.staged(), target.hashPrefix);
  if (state.isArmed(target)) {
    const done = swap.resume();
    return done > 0 || isStaged() ? done : "invalid";
  }
  const active = images.active();
  const isReady = record.bankStates[1] === "ready";
  const isFresh = isReady && record.attemptsLeft === record.attemptsMax;
  if (isImage(active, target.hashPrefix)) {
    const isSame = record.banks[0].hashPrefix === target.hashPrefix;
    if (isReady && (isSame || state.isOnly("boot"))) return "confirmed";
    if (isSame) return "takenBack";
    swap.tryArm(target, swap.swapped);
    return swap.swapped;
  }
  if (active !== undefined) {
    if (!isFresh || state.isOnly("revert")) return "takenBack";
    return isStaged() ? arm(swap, target) : "invalid";
  }
  // Only the middle of a swap leaves ACTIVE like this: its marks are there, whatever is not.
  if (state.isSealed(target) || state.saysSwap()) return swap.resume();
  return isStaged() ? arm(swap, target) : "invalid";
}

function arm(swap: EmbassySwap, target: SwapTarget): number {
  swap.state.arm(target, 0);
  return 0;
}

function isImage(image: ImageIdentity | undefined, hashPrefix: bigint): boolean {
  return image !== undefined && hashPrefixOf(image.hash) === hashPrefix;
}
