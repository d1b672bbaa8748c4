import type { DeviceImagePolicy } from "../config.ts";

/** How a device that pulls is built and provisioned. */
export interface PullConfig {
  /** Of its firmware on the server; packages of another title are not for it. */
  readonly title: string;
  /** Asked for at once; whole granules of the flash, and no more than the dialect gives. */
  readonly chunkBytes: number;
  /** An answer that takes longer is taken for lost. */
  readonly answerTimeoutMs: number;
  readonly backOff: BackOffConfig;
  /** Between two questions which package is assigned. */
  readonly pollS: number;
  /** Longest random delay before the first words after a reset, but for a trial. */
  readonly startDelayMaxS: number;
  /** A new image that had no answer from the server by then resets itself. */
  readonly trialDeadlineS: number;
  readonly image: DeviceImagePolicy;
  /** Packages of which the server tells no checksum are refused, although images are signed. */
  readonly needsChecksum?: true;
}

export interface BackOffConfig {
  /** After the first failure; doubled by each further one in a row. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Chunks are written as they come: in whole granules. Throws `RangeError`. */
export function requireChunkBytes(
  { chunkBytes }: PullConfig,
  granuleBytes: number,
  maxBytes: number,
): void {
  if (chunkBytes % granuleBytes !== 0 || chunkBytes < 1 || chunkBytes > maxBytes) {
    throw new RangeError(`chunks of ${chunkBytes} bytes`);
  }
}
