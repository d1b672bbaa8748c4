import type { Refused } from "../image/refusal.ts";
import type { BlockShape } from "../staging/block-map.ts";
import type { FragSession, FragWork } from "./frag-session.ts";
import type { PackageIo } from "./package-io.ts";

/** What fragmentation needs of the device besides. */
export interface FragIo extends PackageIo {
  /**
   * A place for the block that no other session of the device has, or undefined: not enough memory
   * in flash or in the journal.
   */
  placeFor(fragIndex: number, shape: BlockShape): number | undefined;
  /** Number of the update that a set-up announces, for the boot record. */
  nextUpdateId(): number;
  /**
   * Opens the place of a session for its first fragment, or for the first after a reset. False: not
   * now, because the bank holds an image on trial.
   */
  openPlace(session: FragSession): boolean;
  /**
   * Why what begins with this fragment need not be received: it is an image that could not run here.
   * Undefined for all else, also for what is no image.
   */
  headerRefusal(session: FragSession, start: Uint8Array): Refused | undefined;
  openWork(session: FragSession): FragWork;
}
