import type { DescribedRest, DescribedTrailer, ImageDescription, TrailerFlag } from "./schema.ts";

const NOTHING_ASKED =
  "no swap is requested, in the secondary slot it waits for the application to do that; direct-XIP " +
  "runs the newest image that verifies, and with revert erases a slot without a good magic";

/** By copy_done, then image_ok. */
const BY_FLAGS: Readonly<Record<TrailerFlag, Readonly<Record<TrailerFlag, string>>>> = {
  unset: {
    unset:
      "in the secondary slot it is swapped in for one test run, and back at the reset after that " +
      "unless it confirms itself; direct-XIP with revert gives it one trial as well",
    set: "in the secondary slot it is swapped in for good; in the primary slot it is the confirmed image",
    bad: "its image_ok is neither set nor erased, so no swap is requested; direct-XIP with revert gives it one trial",
  },
  set: {
    unset:
      "in the primary slot it was swapped in and has not confirmed itself, so it is swapped back; " +
      "direct-XIP with revert erases it",
    set: "in the primary slot it was swapped in and has confirmed itself: it runs on",
    bad:
      "in the primary slot it runs on, because its image_ok is neither set nor erased; direct-XIP " +
      "with revert erases it",
  },
  bad: {
    unset: "its copy_done is torn: nothing is swapped; direct-XIP with revert erases it",
    set: "its copy_done is torn; in the primary slot it is confirmed and runs on",
    bad: "its flags are torn: nothing is swapped; direct-XIP with revert erases it",
  },
};

/** What an MCUboot would do at the next boot with a slot that holds this, in a sentence. */
export function nextBootOf(
  { flagNames }: Pick<ImageDescription["header"], "flagNames">,
  rest: DescribedRest,
): string {
  if (flagNames.includes("nonBootable")) return "it is marked as not bootable and never run";
  if (rest.type === "other") return `the magic is bad; ${NOTHING_ASKED}`;
  if (rest.type !== "trailer") return NOTHING_ASKED;
  return interruptedSwap(rest) ?? BY_FLAGS[rest.copyDone][rest.imageOk];
}

function interruptedSwap(trailer: DescribedTrailer): string | undefined {
  const { copyDone, swapInfo, statusBytesWritten } = trailer;
  if (copyDone !== "unset") return undefined;
  const hasBegun = swapInfo !== null && swapInfo.swapType !== "none";
  if (!hasBegun && statusBytesWritten === 0) return undefined;
  const which = swapInfo === null ? "a swap" : `the ${swapInfo.swapType} swap`;
  return `in the primary slot ${which} was interrupted, and is taken up again`;
}
