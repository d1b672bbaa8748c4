import type { BootReport, ImageIdentity } from "../boot/strategy.ts";

/** What a person, a report or a scenario wants to know of a device. */
export interface PullStatus {
  readonly running: ImageIdentity;
  /** As the server calls it. */
  readonly version: string;
  readonly isTrial: boolean;
  /** Nothing is left to do until something changes. */
  readonly isIdle: boolean;
  /** Of the download in progress. */
  readonly offsetBytes: number | undefined;
  readonly sizeBytes: number | undefined;
  readonly boot: BootReport;
}
