import type { Blocks } from "../blocks.ts";
import type { Remembered } from "../memory.ts";
import {
  type FragSession,
  type FragWork,
  newFragSession,
  spendSessionCnt,
} from "../packages/frag-session.ts";
import type { McGroup } from "../packages/multicast-state.ts";
import { decodeGroup, decodeMcSession, decodeSetup, decodeVerdict } from "./codec.ts";
import type { JournalRecord } from "./format.ts";
import type { RecordSink } from "./journal.ts";
import {
  CLOCK_PERIOD,
  CODED,
  FRAG_CODED,
  FRAG_COUNTS,
  FRAG_EDGES,
  FRAG_PRESENT,
  FRAG_SETUP,
  FRAG_VERDICT,
  FRAGMENT,
  FRAGMENT_MASK,
  FROM_MULTICAST,
  HAS_HEAD,
  MC_FRAME,
  MC_GROUP,
  MC_SESSION,
  SECTOR_IN_SPARE,
  SESSION_CNT_PREV,
  SOLVED,
  STORED,
} from "./kinds.ts";

/**
 * Applies one record to the state. The journal vouches for the bytes, not for sense: what does not
 * fit (a record of another version, a session that is gone) changes nothing.
 */
export function restoreRecord(
  record: JournalRecord,
  state: Remembered,
  blocks: Blocks,
  journal: RecordSink,
): void {
  if ((record.kind & FRAGMENT_MASK) === FRAGMENT) {
    restoreFragment(record, state, blocks, journal);
    return;
  }
  const { kind, a, b } = record;
  if (kind === CLOCK_PERIOD) state.clockSync.period = a & 0x0f;
  if (a > 3) return;
  if (kind === MC_GROUP || kind === MC_SESSION || kind === MC_FRAME) {
    restoreMulticast(record, state);
  } else if (kind === FRAG_SETUP) {
    restoreSetup(record, state, blocks);
  } else if (kind === SESSION_CNT_PREV) {
    state.fragmentation.sessionCntPrev[a] = b;
  } else {
    const session = state.fragmentation.sessions[a];
    if (session !== undefined) restoreProgress(record, session, state, blocks, journal);
  }
}

function restoreMulticast({ kind, a, b, extra }: JournalRecord, { multicast }: Remembered): void {
  const group = multicast.groups[a];
  if (kind === MC_GROUP) {
    multicast.groups[a] = decodeGroup(extra);
  } else if (group === undefined) {
    return;
  } else if (kind === MC_SESSION) {
    group.session = decodeMcSession(extra);
  } else {
    restoreCounter(group, b);
  }
}

/**
 * The counter was accepted, so it is the next one with these low bits; or the last one, when a
 * snapshot was written between the frame and its record.
 */
function restoreCounter(group: McGroup, fCntLow: number): void {
  const ahead = (fCntLow - group.nextMcFCnt) & 0xffff;
  if (ahead !== 0xffff) group.nextMcFCnt += ahead + 1;
}

function restoreSetup({ a, extra }: JournalRecord, state: Remembered, blocks: Blocks): void {
  const { fragmentation } = state;
  fragmentation.sessions[a] = undefined;
  const record = decodeSetup(a, extra);
  if (record === undefined) return;
  const { setup, placeIndex, updateId, order } = record;
  if (setup.nbFrag === 0 || blocks.place(placeIndex, setup) === undefined) return;
  fragmentation.sessions[a] = newFragSession(setup, placeIndex, updateId, order);
  fragmentation.setupCount = Math.max(fragmentation.setupCount, order);
}

function restoreProgress(
  { kind, b, extra }: JournalRecord,
  session: FragSession,
  state: Remembered,
  blocks: Blocks,
  journal: RecordSink,
): void {
  if (kind === FRAG_VERDICT) {
    decodeVerdict(extra, session);
    session.work = undefined;
    spendSessionCnt(state.fragmentation, session);
    return;
  }
  const work = workOf(session, state, blocks, journal);
  if (work === undefined) return;
  if (kind === FRAG_COUNTS) {
    session.received = b;
    session.coded = u16At(extra, 0);
  } else if (kind === FRAG_PRESENT) {
    restorePresent(work, b, extra, session.setup.nbFrag);
  } else if (kind === FRAG_CODED) {
    for (let at = 0; at + 4 <= extra.length; at += 4) {
      restoreCoded(work, u16At(extra, at), u16At(extra, at + 2));
    }
  } else if (kind === FRAG_EDGES) {
    for (let at = 0; at + 3 < extra.length; ) {
      const granule = u16At(extra, at) + (extra[at + 2] ?? 0) * 0x1_0000;
      at += 3 + work.staging.edges.restore(granule, extra, at + 3);
    }
  } else if (kind === SECTOR_IN_SPARE) {
    const address = extra.length === 4 ? u16At(extra, 0) + u16At(extra, 2) * 0x1_0000 : undefined;
    work.staging.restoreSectorInSpare(address);
  }
}

function restoreFragment(
  { kind, a, b, extra }: JournalRecord,
  state: Remembered,
  blocks: Blocks,
  journal: RecordSink,
): void {
  const n = a & 0x3fff;
  const group = state.multicast.groups[(kind >> 2) & 0b11];
  if ((kind & FROM_MULTICAST) !== 0 && group !== undefined) restoreCounter(group, b);
  const session = state.fragmentation.sessions[a >> 14];
  if (session === undefined) return;
  const work = workOf(session, state, blocks, journal);
  if (work === undefined) return;
  const { nbFrag } = session.setup;
  const what = kind & 0b11;
  if (what !== SOLVED) session.received += 1;
  if (n > nbFrag) session.coded += 1;
  if ((what === STORED || what === SOLVED) && n >= 1 && n <= nbFrag) {
    work.staging.restoreFragment(n - 1, (kind & HAS_HEAD) !== 0, extra);
    work.decoder.restoreUncoded(n - 1);
  } else if (what === CODED && n > nbFrag) {
    restoreCoded(work, n, extra.length === 2 ? u16At(extra, 0) : undefined);
  }
}

/** The first fragment begins the session. */
function workOf(
  session: FragSession,
  { fragmentation }: Remembered,
  blocks: Blocks,
  journal: RecordSink,
): FragWork | undefined {
  if (session.phase === "complete" || session.phase === "failed") return undefined;
  if (session.work === undefined) {
    const { setup, placeIndex } = session;
    session.work = blocks.open(setup, placeIndex, journal);
    session.phase = "receiving";
    spendSessionCnt(fragmentation, session);
  }
  return session.work;
}

function restoreCoded({ staging, decoder }: FragWork, n: number, place: number | undefined): void {
  decoder.restoreCoded(staging.slots.numbers.length, n);
  staging.slots.restore(place, n);
}

function restorePresent(work: FragWork, firstByte: number, bits: Uint8Array, nbFrag: number): void {
  for (let bit = 0; bit < 8 * bits.length; bit++) {
    const index = 8 * firstByte + bit;
    if (index >= nbFrag || (((bits[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 0) continue;
    work.staging.restorePresent(index);
    work.decoder.restoreUncoded(index);
  }
}

function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}
