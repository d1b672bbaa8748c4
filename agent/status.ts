import type { BootDecision, BootReason, BootReport, ImageIdentity } from "./boot/strategy.ts";
import type { FailureReason } from "./events.ts";
import { stuckReason } from "./fec/twins.ts";
import type { Remembered } from "./memory.ts";
import { type FragSession, missingOf, newestSession } from "./packages/frag-session.ts";
import type { McGroup } from "./packages/multicast-state.ts";

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

export type PackagesStatus = Pick<DeviceStatus, "groups" | "sessions">;

/** Composes the status from the parts of a device. */
export function statusOf(
  state: Remembered,
  device: Pick<DeviceStatus, "joined" | "clockSynced" | "boot">,
  decision: BootDecision & { readonly ok: true },
): DeviceStatus {
  return {
    ...device,
    ...packagesStatusOf(state),
    running: decision.image,
    lastFailure: failureOf(newestSession(state.fragmentation), device.boot, decision),
  };
}

/** How far groups and sessions are. */
export function packagesStatusOf({
  multicast,
  fragmentation,
}: Pick<Remembered, "multicast" | "fragmentation">): PackagesStatus {
  return {
    groups: multicast.groups.flatMap((group, groupId) =>
      group === undefined ? [] : [groupStatus(group, groupId)],
    ),
    sessions: fragmentation.sessions
      .filter((session) => session !== undefined)
      .sort((a, b) => a.order - b.order)
      .map(sessionStatus),
  };
}

function groupStatus({ mcAddr, nextMcFCnt, session }: McGroup, groupId: number): McGroupStatus {
  const isOpen = session?.isOpen === true;
  const state = session === undefined ? "none" : isOpen ? "open" : "programmed";
  return { groupId, mcAddr, nextMcFCnt, session: state };
}

function sessionStatus(session: FragSession): FragSessionStatus {
  const { setup, received, coded, beyondM, phase } = session;
  const { fragIndex, nbFrag, fragSize } = setup;
  const missing = missingOf(session);
  const failure = sessionFailure(session);
  return { fragIndex, nbFrag, fragSize, received, coded, beyondM, missing, state: phase, failure };
}

/** While fragments may still come, being short of rows is no failure. */
function sessionFailure({ failure, work }: FragSession): FailureReason | undefined {
  if (failure !== undefined || work === undefined) return failure;
  const reason = stuckReason(work.decoder);
  return reason === "shortOfRows" ? undefined : reason;
}

const BACK_TO_THE_OLD: readonly BootReason[] = [
  "attemptsExhausted",
  "pendingInvalid",
  "activeInvalid",
];

function failureOf(
  newest: FragSession | undefined,
  { lastReason }: BootReport,
  { trial, report }: BootDecision & { readonly ok: true },
): FailureReason | undefined {
  // A trial that the boot record would not count did not take place.
  if (report.pending !== undefined && !trial) return "storage";
  if (BACK_TO_THE_OLD.includes(lastReason)) return "rolledBack";
  return newest && sessionFailure(newest);
}
