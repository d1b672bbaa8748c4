import type { FailureReason } from "../events.ts";
import type { Decoder } from "../fec/decoder.ts";
import type { SessionLog } from "../journal/session-log.ts";
import type { Staging } from "../staging/staging.ts";

export const FRAG_SESSIONS_MAX = 4;

/** What a FragSessionSetupReq says. Plain data. */
export interface FragSetup {
  readonly fragIndex: number;
  /** Bit i: fragments may come by multicast group i. */
  readonly mcGroupBitMask: number;
  readonly nbFrag: number;
  /** Bytes. */
  readonly fragSize: number;
  readonly blockAckDelay: number;
  readonly ackReception: boolean;
  /** Bytes at the end of the fragments that are not part of the block. */
  readonly padding: number;
  /** 4 bytes in the order of the wire. */
  readonly descriptor: Uint8Array;
  /** -1 in TS004-1.0.0, which has none. */
  readonly sessionCnt: number;
  /** 4 bytes; not checked in TS004-1.0.0. */
  readonly mic: Uint8Array;
}

/** What a block is put together with. */
export interface FragWork {
  readonly staging: Staging;
  readonly decoder: Decoder;
  readonly log: SessionLog;
}

/**
 * One fragmentation session. All but `work` and the answers in flight is plain data that survives a
 * reset: the set-up and the verdict in records of their own, the counts with the fragments.
 */
export interface FragSession {
  readonly setup: FragSetup;
  /** 0: the inactive bank; from 1 on the auxiliary regions of the layout. */
  readonly placeIndex: number;
  /** Names the update to the boot record. */
  readonly updateId: number;
  /** Orders the sessions of a device by their set-up. */
  readonly order: number;
  phase: "ready" | "receiving" | "complete" | "failed";
  received: number;
  coded: number;
  /** Fragments received beyond NbFrag when the block was complete. */
  beyondM: number;
  micError: boolean;
  failure: FailureReason | undefined;
  /** How far the block is applied, if it is a patch; see `delta/apply.ts`. */
  patchStep: number;
  /** FragDataBlockReceivedReq still to be sent. */
  receivedReqsLeft: number;
  /** While fragments are awaited. */
  work: FragWork | undefined;
  /** A status answer is waiting for its random delay. */
  isAnswerDue: boolean;
}

/** Plain data but for the work of the sessions. */
export interface FragmentationState {
  /** By FragIndex. */
  readonly sessions: (FragSession | undefined)[];
  /** By FragIndex; -1: none yet. Never reset (TS004-2.0.0). */
  readonly sessionCntPrev: number[];
  /** Sessions set up so far. */
  setupCount: number;
}

export function newFragmentationState(): FragmentationState {
  return {
    sessions: new Array<FragSession | undefined>(FRAG_SESSIONS_MAX).fill(undefined),
    sessionCntPrev: new Array<number>(FRAG_SESSIONS_MAX).fill(-1),
    setupCount: 0,
  };
}

export function newFragSession(
  setup: FragSetup,
  placeIndex: number,
  updateId: number,
  order: number,
): FragSession {
  return {
    setup,
    placeIndex,
    updateId,
    order,
    phase: "ready",
    received: 0,
    coded: 0,
    beyondM: 0,
    micError: false,
    failure: undefined,
    patchStep: 0,
    receivedReqsLeft: 0,
    work: undefined,
    isAnswerDue: false,
  };
}

/** From its first fragment on, whatever becomes of it, a session's counter may not come again. */
export function spendSessionCnt({ sessionCntPrev }: FragmentationState, { setup }: FragSession) {
  if (setup.sessionCnt >= 0) sessionCntPrev[setup.fragIndex] = setup.sessionCnt;
}

/** NbFrag minus rank. */
export function missingOf({ phase, setup, work }: FragSession): number {
  if (phase === "complete") return 0;
  return work?.decoder.missing ?? setup.nbFrag;
}

/** The session set up last. */
export function newestSession({ sessions }: FragmentationState): FragSession | undefined {
  let newest: FragSession | undefined;
  for (const session of sessions) {
    if (session !== undefined && session.order > (newest?.order ?? 0)) newest = session;
  }
  return newest;
}
