import type { NorFlash } from "#sim/flash/nor.ts";
import type { FlashFaultKind } from "./faults.ts";

const FAILING = { programFails: "program", eraseFails: "erase", readFails: "read" } as const;

/** The next `times` operations of a kind report a failure, or so many bits of it all leak. */
export function sickenFlash(flash: NorFlash, fault: FlashFaultKind, times: number): void {
  if (fault === "bitRot") flash.rot(times);
  else flash.failNext(FAILING[fault], times);
}
