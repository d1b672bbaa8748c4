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
  MC_GROUP,
  MC_NEXT_FCNT,
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

const counter = new Uint8Array(4);
const counterView = new DataView(counter.buffer);

/** Binds the state of a device to its journal: restores it, and writes down every change. */
export class Memory implements SnapshotSource {
  readonly journal: Journal;
  readonly #state: Remembered;
  readonly #blocks: Blocks;
  readonly #granuleBytes: number;
  /** Next counters as the journal knows them, by group. */
  readonly #knownFCnt: number[] = [0, 0, 0, 0];
  /** The journal cannot be written: the device goes on, forgetful, and takes no new session. */
  #isSick = false;

  constructor(flash: Flash, region: Region, state: Remembered, blocks: Blocks) {
    this.journal = new Journal(flash, region, this);
    this.#state = state;
    this.#blocks = blocks;
    this.#granuleBytes = flash.geometry.granuleBytes;
  }

  /** Whether all that was to be written down has been. */
  get isComplete(): boolean {
    return !this.#isSick;
  }

  /** Brings the state to what the journal says. Writes nothing. */
  load(): void {
    this.journal.load((record: JournalRecord) => {
      restoreRecord(record, this.#state, this.#blocks, this.journal);
    });
    this.#state.multicast.groups.forEach((group, groupId) => {
      this.#knownFCnt[groupId] = group?.nextMcFCnt ?? 0;
    });
  }

  persist(item: PersistItem): void {
    const { multicast, clockSync, fragmentation } = this.#state;
    switch (item.type) {
      case "mcGroup": {
        const group = multicast.groups[item.mcGroupId];
        this.#append(MC_GROUP, item.mcGroupId, group && encodeGroup(group));
        this.#knownFCnt[item.mcGroupId] = group?.nextMcFCnt ?? 0;
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

  /**
   * Writes down counters that moved on without a fragment's record: of frames for sessions that are
   * complete, of commands. To be called when a window closes and before a reboot.
   */
  persistCounters(): void {
    this.#state.multicast.groups.forEach((group, groupId) => {
      if (group === undefined || group.nextMcFCnt === this.#knownFCnt[groupId]) return;
      counterView.setUint32(0, group.nextMcFCnt, true);
      this.#append(MC_NEXT_FCNT, groupId, counter);
      this.#knownFCnt[groupId] = group.nextMcFCnt;
    });
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
    return this.journal.holds(total);
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

  #append(kind: number, a: number, extra: Uint8Array | undefined): void {
    try {
      this.journal.append(kind, a, 0, extra);
    } catch (error) {
      if (!(error instanceof JournalFull)) throw error;
      this.#isSick = true;
    }
  }
}
