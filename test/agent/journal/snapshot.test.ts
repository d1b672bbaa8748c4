import { expect, test } from "vitest";
import { Blocks } from "#agent/blocks.ts";
import { BankBoot } from "#agent/boot/bank-boot.ts";
import type { JournalRecord } from "#agent/journal/format.ts";
import type { RecordSink } from "#agent/journal/journal.ts";
import { FRAGMENT, FROM_MULTICAST, HEARD } from "#agent/journal/kinds.ts";
import { restoreRecord } from "#agent/journal/restore.ts";
import { Memory, type Remembered } from "#agent/memory.ts";
import { newClockSyncState } from "#agent/packages/clock-sync.ts";
import {
  type FragSetup,
  newFragmentationState,
  newFragSession,
} from "#agent/packages/frag-session.ts";
import { type McGroup, newMulticastSetupState } from "#agent/packages/multicast-state.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { geometryFor, layout } from "../test-device.ts";

const flash = new NorFlash(geometryFor(8));
const boot = new BankBoot(flash, layout, () => ({ ok: false }), { attemptsMax: 3 });
const decoder = { matrixRows: 10, scratchFragments: 10 };
const blocks = new Blocks({ flash, layout, boot }, { decoder, parityVariant: "ts004-v1" });
const nowhere: RecordSink = { append: () => {} };

function blank(): Remembered {
  return {
    multicast: newMulticastSetupState(),
    clockSync: newClockSyncState(),
    fragmentation: newFragmentationState(),
  };
}

function setupOf(fragIndex: number): FragSetup {
  return {
    fragIndex,
    mcGroupBitMask: 1,
    nbFrag: 10,
    fragSize: 20,
    blockAckDelay: 1,
    ackReception: false,
    padding: 3,
    descriptor: Uint8Array.of(1, 2, 3, 4),
    sessionCnt: 40 + fragIndex,
    mic: Uint8Array.of(5, 6, 7, 8),
  };
}

const group = (mcAddr: number): McGroup => ({
  mcAddr,
  mcAppSKey: new Uint8Array(16).fill(1),
  mcNwkSKey: new Uint8Array(16).fill(2),
  minMcFCnt: 3,
  maxMcFCnt: 0x2_ffff,
  nextMcFCnt: 0x1_fffe,
  session: undefined,
});

/** Groups with and without a window, sessions that wait, ended well, badly, and for nothing. */
function lived(): Remembered {
  const state = blank();
  const { multicast, clockSync, fragmentation } = state;
  clockSync.period = 11;
  const session = {
    startGps: 5,
    durationS: 8,
    dlFrequencyHz: 868_100_000,
    dr: 3,
    periodicity: undefined,
    isOpen: false,
  };
  multicast.groups[0] = { ...group(0x11), session };
  multicast.groups[2] = group(0x22);
  // A session that ended has spent its counter.
  fragmentation.sessionCntPrev.splice(0, 4, 0, 41, 0xffff, 43);
  const counts = { received: 12, coded: 4, beyondM: 2, receivedReqsLeft: 1 };
  const [a, b, c] = [0, 1, 3].map((index) => newFragSession(setupOf(index), 0, 9, index + 1));
  fragmentation.sessions[0] = a;
  fragmentation.sessions[1] = b && { ...b, ...counts, phase: "failed", failure: "storage" };
  fragmentation.sessions[3] = c && { ...c, ...counts, phase: "complete", micError: true };
  fragmentation.setupCount = 4;
  return state;
}

function restored(records: readonly JournalRecord[], state = blank()): Remembered {
  for (const record of records) restoreRecord(record, state, blocks, nowhere);
  return state;
}

test("a snapshot says everything that must survive", () => {
  const state = lived();
  const records: JournalRecord[] = [];
  new Memory(flash, layout.journal, state, blocks).writeSnapshot({
    append: (kind, a, b, extra = new Uint8Array(0), extraBytes = extra.length) => {
      records.push({ kind, a, b, extra: extra.slice(0, extraBytes) });
    },
  });
  expect(restored(records)).toEqual(state);
});

test("the counter of a multicast frame is restored from its low half", () => {
  const cases = [
    { low: 0xfffe, next: 0x1_ffff },
    { low: 0xffff, next: 0x2_0000 },
    { low: 0x0001, next: 0x2_0002 },
    { low: 0xfffd, next: 0x1_fffe },
  ];
  for (const { low, next } of cases) {
    const kind = FRAGMENT | FROM_MULTICAST | HEARD | (2 << 2);
    const record = { kind, a: 1, b: low, extra: new Uint8Array(0) };
    const { multicast } = restored([record], lived());
    expect(multicast.groups[2]?.nextMcFCnt).toBe(next);
    expect(multicast.groups[0]?.nextMcFCnt).toBe(0x1_fffe);
  }
});
