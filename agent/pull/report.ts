import type { FailureCause } from "./failure.ts";

/** What a device says of an update while it takes it; the names are ThingsBoard's. */
export type UpdateState =
  | "DOWNLOADING"
  | "DOWNLOADED"
  | "VERIFIED"
  | "UPDATING"
  | "UPDATED"
  | "FAILED";

/** What runs, and what becomes of the update. */
export interface Report {
  readonly title: string;
  readonly version: string;
  /** None in the first words after a reset: they only say what runs. */
  readonly state: UpdateState | undefined;
  /** Of a `FAILED`: why, in one line. */
  readonly error: string;
  /** The same for programs. */
  readonly cause?: FailureCause;
  /** Percent of the bytes that are there: then nothing else is told. */
  readonly progress?: number;
  /** Milliseconds of Unix time; of two reports, the later one's is higher. */
  readonly unixMs: number;
}
