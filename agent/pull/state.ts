import type { PullFailure } from "./failure.ts";

/** First bytes of a hash over all that tells one package from another. */
export const OFFER_ID_BYTES = 16;

/** Longest version of a package that is taken, as UTF-8. */
export const VERSION_BYTES_MAX = 160;

/** Packages whose failure is remembered. */
export const FAILED_OFFERS_MAX = 4;

/** A download that was begun and has neither ended nor been given up. */
export interface DownloadRecord {
  readonly offerId: Uint8Array;
  /** All that the bank has room for, if the package tells its size with its last byte. */
  readonly sizeBytes: number;
  /** Names the update to the boot record. */
  readonly updateId: number;
  /** In place, from the front. */
  offsetBytes: number;
  /** A sector of the bank whose only copy is in the spare. */
  sectorInSpare: number | undefined;
}

/** An image that was made from a package, so that its server's name for it is known. */
export interface PulledImage {
  readonly hash: Uint8Array;
  readonly offerId: Uint8Array;
  /** As the package has it. */
  readonly version: string;
  /** Staged, and not known to have come through or to have failed. */
  isAwaited: boolean;
}

export interface FailedOffer {
  readonly offerId: Uint8Array;
  failure: PullFailure;
  tries: number;
}

/** What a device that pulls remembers over resets. Plain data. */
export interface PullState {
  download: DownloadRecord | undefined;
  /** The one that runs and the one that ran before, or will; in no order. */
  readonly images: [PulledImage | undefined, PulledImage | undefined];
  /** How the last update ended, if the server has not heard of it. */
  untold: "updated" | PullFailure | undefined;
  /** Oldest first. */
  readonly failed: FailedOffer[];
}

export function newPullState(): PullState {
  return { download: undefined, images: [undefined, undefined], untold: undefined, failed: [] };
}
