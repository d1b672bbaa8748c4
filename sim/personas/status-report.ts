import type { FragUplinkV1, FragUplinkV2 } from "#agent/packages/fragmentation.wire.ts";
import type { DeviceStatus } from "#agent/status.ts";
import type { Deviations } from "./deviations.ts";
import type { FragmentCounts } from "./fragment-counts.ts";

/** What a stack would say of its only decoder. */
export interface Report {
  readonly received: number;
  /** Decides whether a device that was asked "who misses any" answers. */
  readonly missing: number;
  /** The same as it is written. */
  readonly missingFrag: number;
  readonly isFull: boolean;
  /** Nothing is said of counts and index. */
  readonly isBlank: boolean;
}

type StatusAnsV1 = Extract<FragUplinkV1, { name: "FragSessionStatusAns" }>;
type StatusAnsV2 = Extract<FragUplinkV2, { name: "FragSessionStatusAns" }>;

const MISSING_MAX = 255;
const RECEIVED_MASK = 0x3fff;

export function reportOf(
  counts: FragmentCounts | undefined,
  sessions: DeviceStatus["sessions"],
  does: Deviations,
  isFull: boolean,
): Report {
  if (counts === undefined) {
    return { received: 0, missing: 0, missingFrag: 0, isFull, isBlank: false };
  }
  const missing = missingOf(counts, sessions, does);
  const missingFrag =
    does.missingFrag === "nbFragMinusHeard" ? Math.min(missing, MISSING_MAX) : missing & 0xff;
  const isBlank = does.countsBeforeFirstFragment === "zero" && counts.lastN === 0;
  return { received: receivedOf(counts, does), missing, missingFrag, isFull, isBlank };
}

export function statusAnsV1(fragIndex: number, report: Report): StatusAnsV1 {
  return {
    name: "FragSessionStatusAns",
    received: { nbFragReceived: report.received, fragIndex },
    missingFrag: report.missingFrag,
    status: { notEnoughMatrixMemory: report.isFull },
  };
}

export function statusAnsV2(fragIndex: number, report: Report, micError: boolean): StatusAnsV2 {
  const { received, missing, missingFrag, isFull, isBlank } = report;
  return {
    name: "FragSessionStatusAns",
    status: {
      memoryError: isFull,
      micError: micError && missing === 0,
      sessionDoesNotExist: false,
    },
    received: isBlank
      ? { nbFragReceived: 0, fragIndex: 0 }
      : { nbFragReceived: received, fragIndex },
    missingFrag: isBlank ? 0 : missingFrag,
  };
}

function missingOf(
  counts: FragmentCounts,
  sessions: DeviceStatus["sessions"],
  { missingFrag, missingFragAfterLossless }: Deviations,
): number {
  const { fragIndex, nbFrag, heard, lost, isFinished } = counts;
  if (missingFrag === "lost") return lost;
  if (missingFrag === "nbFragMinusHeard") return Math.max(0, nbFrag - heard);
  if (isFinished && lost === 0 && missingFragAfterLossless !== undefined) {
    return missingFragAfterLossless;
  }
  return sessions.find((session) => session.fragIndex === fragIndex)?.missing ?? 0;
}

function receivedOf({ lastN, lost, heard }: FragmentCounts, { nbFragReceived }: Deviations) {
  const received =
    nbFragReceived === "heard" ? heard : nbFragReceived === "lastNMinusLost" ? lastN - lost : lastN;
  return received & RECEIVED_MASK;
}
