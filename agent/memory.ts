import type { Flash } from "#hal/ports.ts";
import type { Blocks } from "./blocks.ts";
import type { Region } from "./boot/strategy.ts";
import { encodeGroup, encodeMcSession, encodeSetup, encodeVerdict } from "./journal/codec.ts";
import type { JournalRecord } from "./journal/format.ts";
import { Journal, JournalFull, type RecordSink, type SnapshotSource } from "./journal/journal.ts";
import {
  CLOCK_PERIOD,
  FRAG_SETUP,
  FRAG_VERDICT,
  FRAGMENT,
  FRAGMENT_MASK,
  MC_FRAME,
  MC_GROUP,
  MC_SESSION,
} from "./journal/kinds.ts";
import { restoreRecord } from "./journal/restore.ts";
import { contextBytesMax, progressBytes, progressBytesMax } from "./journal/sizing.ts";
import { writeFragmentation, writeMulticast } from "./journal/snapshot.ts";
import type { ClockSyncState } from "./packages/clock-sync.ts";
import type { FragmentationState } from "./packages/frag-session.ts";
import type { MulticastSetupState } from "./packages/multicast-state.ts";
import type { PersistItem } from "./packages/package-io.ts";
import type { BlockShape } from "./staging/block-map.ts";

/** The parts of a device's state that survive a reset. */
export interface Remembered {
  readonly multicast: MulticastSetupState;
  readonly clockSync: ClockSyncState;
  readonly fragmentation: FragmentationState;
}

/** Binds the state of a device to its journal: restores it, and writes down every change. */
export class Memory implements SnapshotSource, RecordSink {
  readonly #journal: Journal;
  readonly #state: Remembered;
  readonly #blocks: Blocks;
  readonly #granuleBytes: number;
  /** A record in flash has the counter of the multicast frame that is being taken. */
  #isFrameKept = false;
  /** The journal cannot be written: the device goes on, forgetful, and takes no new session. */
  #isSick = false;

  constructor(flash: Flash, region: Region, state: Remembered, blocks: Blocks) {
    this.#journal = new Journal(flash, region, this);
    this.#state = state;
    this.#blocks = blocks;
    this.#granuleBytes = flash.geometry.granuleBytes;
  }

  /** Whether all that was to be written down has been. */
  get isComplete(): boolean {
    return !this.#isSick;
  }

  /** Brings the state to what the journal says, but for what is not kept. Writes nothing. */
  load(forgetsSessionCnt = false): void {
    this.#journal.load((record: JournalRecord) => {
      restoreRecord(record, this.#state, this.#blocks, this);
    });
    if (forgetsSessionCnt) this.#state.fragmentation.sessionCntPrev.fill(-1);
  }

  persist(item: PersistItem): void {
    const { multicast, clockSync, fragmentation } = this.#state;
    switch (item.type) {
      case "mcGroup": {
        const group = multicast.groups[item.mcGroupId];
        this.#append(MC_GROUP, item.mcGroupId, group && encodeGroup(group));
        return;
      }
      case "mcSession": {
        const session = multicast.groups[item.mcGroupId]?.session;
        this.#append(MC_SESSION, item.mcGroupId, session && encodeMcSession(session));
        return;
      }
      case "clockPeriod":
        if (clockSync.period !== undefined) this.#append(CLOCK_PERIOD, clockSync.period, undefined);
        return;
      case "fragSetup": {
        const session = fragmentation.sessions[item.fragIndex];
        this.#append(FRAG_SETUP, item.fragIndex, session && encodeSetup(session));
        return;
      }
      case "fragVerdict": {
        const session = fragmentation.sessions[item.fragIndex];
        if (session === undefined) return;
        this.#append(FRAG_VERDICT, item.fragIndex, encodeVerdict(session));
        return;
      }
      default:
        item satisfies never;
    }
  }

  /** For the records of sessions. Those of fragments have the counters of their frames. */
  append(kind: number, a: number, b: number, extra?: Uint8Array, extraBytes?: number): void {
    this.#journal.append(kind, a, b, extra, extraBytes);
    if ((kind & FRAGMENT_MASK) === FRAGMENT) this.#isFrameKept = true;
  }

  /** Before a multicast frame is taken, its counter being one that a group may see. */
  beginFrame(): void {
    this.#isFrameKept = false;
  }

  /**
   * Afterwards: a frame that left no record of a fragment gets one of its own, so that its counter
   * cannot come again. That is a record for each frame at most, as while a block is received.
   */
  endFrame(mcGroupId: number, fCnt: number): void {
    if (!this.#isFrameKept) this.#append(MC_FRAME, mcGroupId, undefined, fCnt & 0xffff);
  }

  /** Whether the journal can hold a new session of this shape beside the ones that are open. */
  holds(shape: BlockShape, codedMax: number, fragIndex: number): boolean {
    if (this.#isSick) return false;
    let total = contextBytesMax(this.#granuleBytes);
    total += progressBytesMax(shape, codedMax, this.#granuleBytes);
    for (const session of this.#state.fragmentation.sessions) {
      if (session === undefined || session.setup.fragIndex === fragIndex) continue;
      if (session.phase === "complete" || session.phase === "failed") continue;
      const coded = session.work?.decoder.config.scratchFragmentsMax ?? session.setup.nbFrag;
      total += progressBytesMax(session.setup, coded, this.#granuleBytes);
    }
    return this.#journal.holds(total);
  }

  writeSnapshot(sink: RecordSink): void {
    const { multicast, clockSync, fragmentation } = this.#state;
    if (clockSync.period !== undefined) sink.append(CLOCK_PERIOD, clockSync.period, 0);
    writeMulticast(multicast, sink);
    writeFragmentation(fragmentation, sink);
  }

  snapshotBytesMax(): number {
    let total = contextBytesMax(this.#granuleBytes);
    for (const session of this.#state.fragmentation.sessions) {
      if (session?.work === undefined) continue;
      const { staging } = session.work;
      const coded = staging.slots.numbers.length;
      total += progressBytes(session.setup, coded, staging.edges.size, this.#granuleBytes);
    }
    return total;
  }

  #append(kind: number, a: number, extra: Uint8Array | undefined, b = 0): void {
    try {
      this.#journal.append(kind, a, b, extra);
    } catch (error) {
      if (!(error instanceof JournalFull)) throw error;
      this.#isSick = true;
    }
  }
}
