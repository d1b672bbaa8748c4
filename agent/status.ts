import type { BootReport, ImageIdentity } from "./boot/strategy.ts";
import type { FailureReason } from "./events.ts";

export type FragSessionState = "ready" | "receiving" | "complete" | "failed";

/** One fragmentation session, for reports. */
export interface FragSessionStatus {
  readonly fragIndex: number;
  readonly nbFrag: number;
  readonly fragSize: number;
  /** Fragments received since the set-up: uncoded, coded, repeated. */
  readonly received: number;
  /** Those of them that were coded. */
  readonly coded: number;
  /** Fragments it took beyond NbFrag until the block was complete; 0 before. */
  readonly beyondM: number;
  /** Independent fragments still needed. */
  readonly missing: number;
  readonly state: FragSessionState;
  readonly failure: FailureReason | undefined;
}

export interface McGroupStatus {
  readonly groupId: number;
  readonly mcAddr: number;
  readonly nextMcFCnt: number;
  /** A session is programmed; its window may be open. */
  readonly session: "none" | "programmed" | "open";
}

/** What a person, a report or a scenario wants to know of a device. */
export interface DeviceStatus {
  readonly joined: boolean;
  readonly clockSynced: boolean;
  readonly groups: readonly McGroupStatus[];
  /** In the order of their set-up. */
  readonly sessions: readonly FragSessionStatus[];
  /** Why the last update did not come through, if it did not. */
  readonly lastFailure: FailureReason | undefined;
  readonly boot: BootReport;
  readonly running: ImageIdentity;
}
