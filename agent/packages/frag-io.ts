import type { FailureReason } from "../events.ts";
import type { BlockShape } from "../staging/block-map.ts";
import type { FragSession, FragWork } from "./frag-session.ts";
import type { PackageIo } from "./package-io.ts";

/** Why a block is of no use to the device. */
export interface BlockRefusal {
  readonly reason: FailureReason;
  /** For people, in one line without the reason. */
  readonly detail: string;
}

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
  /** Gives up a place that was opened, because the block is refused. */
  closePlace(session: FragSession): void;
  /**
   * Why a block that begins like this need not be received: an image that could not run here, a patch
   * to another image. Undefined for all else, also for what is neither, and while too little is known.
   */
  startRefusal(session: FragSession, start: Uint8Array): BlockRefusal | undefined;
  openWork(session: FragSession): FragWork;
}
