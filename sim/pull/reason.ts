import type { PullFailure } from "#agent/pull/failure.ts";

/** Why a pulling device does not run what it was to. */
export type PullReason =
  | PullFailure
  | "bricked"
  /** Has never heard its server. */
  | "noAnswer"
  /** The server does not know it. */
  | "denied"
  /** Was told of nothing. */
  | "notOffered"
  /** Had not all of it, or had not booted it, when time was up. */
  | "unfinished";
