import { type Flash, FlashFault } from "#hal/ports.ts";
import type { Region } from "../boot/strategy.ts";
import { sectorBytes, sectorsOf } from "../flash/sectors.ts";
import { findLog } from "./chain.ts";
import {
  COMMIT_KIND,
  encodeHeader,
  encodeRecord,
  headerBytes,
  type JournalRecord,
  RECORD_BYTES_MAX,
  RECORD_HEAD_BYTES,
  recordBytes,
} from "./format.ts";

/** The live state does not fit in the journal region. Nothing was lost. */
export class JournalFull extends Error {
  override readonly name = "JournalFull";
}

export interface RecordSink {
  /** `a` and `b` are 16 bits. Only the first `extraBytes` of `extra` count; they are copied. */
  append(kind: number, a: number, b: number, extra?: Uint8Array, extraBytes?: number): void;
}

/** Who can say everything that must survive, for the head of a new log. */
export interface SnapshotSource {
  writeSnapshot(sink: RecordSink): void;
  /** No less than what {@link writeSnapshot} will take; see `recordBytes`. */
  snapshotBytesMax(): number;
}

const NO_BYTES = new Uint8Array(0);

/** For records after a snapshot, before the next one is due. */
const ROOM_BYTES = 512;

/** In use within one call only; views by length, so that the hot path allocates nothing. */
const record = new Uint8Array(RECORD_BYTES_MAX);
const readBack = new Uint8Array(RECORD_BYTES_MAX);
const recordViews: Uint8Array[] = [];
const readBackViews: Uint8Array[] = [];

/**
 * What a device remembers over resets: an append log in a region of at least two sectors.
 *
 * The log begins with a snapshot of the live state and is in force once the snapshot is committed.
 * It grows from sector to sector; only when the free ones would no longer hold a snapshot is a new
 * one written, and when that is committed, the old sectors are free. A sector is erased when it is
 * about to be used. So at every instant the log in flash says the state before an append or the
 * state after it. A sector's records end at the first that is torn; the header of the next sector
 * says where that was, so that a torn record can never come back.
 */
export class Journal implements RecordSink {
  readonly #flash: Flash;
  readonly #source: SnapshotSource;
  readonly #sectors: readonly number[];
  readonly #granuleBytes: number;
  readonly #sectorBytesMin: number;
  readonly #sectorBytesMax: number;
  /** Indices of the sectors in force, oldest first. */
  #chain: number[] = [];
  /** While a snapshot is written: the sectors of the log that is still in force. */
  #inForce: readonly number[] = [];
  /** Sectors that cannot be erased or programmed. */
  readonly #bad = new Set<number>();
  /** The last sector of the chain, and where in it the next record goes. */
  #headAddress = 0;
  #at = 0;
  #end = 0;
  #sequence = 0;
  #headSequence = 0;
  #isCompacting = false;
  #recordCount = 0;
  #erases = 0;

  constructor(flash: Flash, region: Region, source: SnapshotSource) {
    this.#flash = flash;
    this.#source = source;
    this.#sectors = sectorsOf(flash.geometry, region);
    this.#granuleBytes = flash.geometry.granuleBytes;
    const sizes = this.#sectors.map((address) => sectorBytes(flash.geometry, address));
    this.#sectorBytesMin = Math.min(...sizes);
    this.#sectorBytesMax = Math.max(...sizes);
    if (this.#sectors.length < 2) throw new RangeError("a journal needs two sectors");
  }

  /** Sectors erased by this object: for a wear bound. */
  get erases(): number {
    return this.#erases;
  }

  /** Whether a live state of that size can always be written anew, power failing or not. */
  holds(snapshotBytes: number): boolean {
    return 2 * this.#sectorsFor(snapshotBytes + ROOM_BYTES) <= this.#sectors.length;
  }

  /** Reads the log and applies every record in force, oldest first. Writes nothing. */
  load(apply: (record: JournalRecord) => void): void {
    const { chain, sequenceMax } = findLog(this.#flash, this.#sectors);
    this.#sequence = sequenceMax;
    this.#chain = [...(chain?.sectors ?? [])];
    const head = this.#chain.at(-1);
    if (chain === undefined || head === undefined) return;
    this.#headSequence = chain.headSequence;
    this.#at = chain.end;
    this.#headAddress = this.#sectors[head] as number;
    const sizeBytes = sectorBytes(this.#flash.geometry, this.#headAddress);
    this.#end = chain.isTorn ? chain.end : sizeBytes;
    for (const found of chain.records) if (found.kind !== COMMIT_KIND) apply(found);
  }

  append(
    kind: number,
    a: number,
    b: number,
    extra: Uint8Array = NO_BYTES,
    extraBytes = extra.length,
  ): void {
    const sizeBytes = recordBytes(extraBytes, this.#granuleBytes);
    if (sizeBytes > RECORD_BYTES_MAX) throw new RangeError(`${extraBytes} extra bytes`);
    if (this.#at + sizeBytes > this.#end) this.#makeRoom(sizeBytes);
    encodeRecord(record, sizeBytes, kind, a, b, extra, extraBytes);
    while (!this.#program(sizeBytes)) {
      this.#end = this.#at;
      this.#makeRoom(sizeBytes);
      encodeRecord(record, sizeBytes, kind, a, b, extra, extraBytes);
    }
    this.#recordCount += 1;
  }

  #program(sizeBytes: number): boolean {
    const source = viewOf(record, recordViews, sizeBytes);
    if (!this.#programVerified(this.#headAddress + this.#at, source)) return false;
    this.#at += sizeBytes;
    return true;
  }

  #makeRoom(sizeBytes: number): void {
    if (!this.#isCompacting && this.#mustCompact()) this.#compact();
    while (this.#at + sizeBytes > this.#end) this.#openSector(this.#headSequence);
  }

  /** Once a further sector is in use, the rest must still hold a snapshot of whatever it adds. */
  #mustCompact(): boolean {
    if (this.#chain.length === 0) return true;
    const free = this.#freeCount(this.#chain);
    return free - 1 < this.#sectorsFor(this.#source.snapshotBytesMax() + this.#sectorBytesMax);
  }

  /** Writes the whole live state to free sectors; the commit record puts it in force. */
  #compact(): void {
    const old = this.#chain;
    const free = this.#freeCount(old);
    if (this.#sectorsFor(this.#source.snapshotBytesMax()) > free) {
      if (old.length > 0 && free > 0) return;
      throw new JournalFull("the state does not fit in the journal region");
    }
    const at = this.#at;
    const end = this.#end;
    const headSequence = this.#headSequence;
    const headAddress = this.#headAddress;
    this.#isCompacting = true;
    this.#inForce = old;
    this.#chain = [];
    try {
      this.#openSector(0);
      this.#recordCount = 0;
      this.#source.writeSnapshot(this);
      this.append(COMMIT_KIND, this.#recordCount & 0xffff, 0);
    } catch (error) {
      this.#chain = old;
      this.#at = at;
      this.#end = end;
      this.#headSequence = headSequence;
      this.#headAddress = headAddress;
      throw error;
    } finally {
      this.#isCompacting = false;
      this.#inForce = [];
    }
  }

  /** Goes on in a fresh sector: erased now, whatever it reads like. */
  #openSector(previous: number): void {
    const { geometry } = this.#flash;
    const previousEnd = this.#chain.length === 0 ? 0 : this.#at;
    for (;;) {
      const index = this.#nextFree([...this.#inForce, ...this.#chain]);
      if (index === undefined) throw new JournalFull("no journal sector is left");
      const address = this.#sectors[index] as number;
      const sequence = this.#sequence + 1;
      this.#sequence = sequence;
      const header = encodeHeader({ sequence, previous, previousEnd }, this.#granuleBytes);
      if (!this.#erase(address) || !this.#programVerified(address, header)) {
        this.#bad.add(index);
        continue;
      }
      this.#chain.push(index);
      this.#headSequence = sequence;
      this.#headAddress = address;
      this.#at = headerBytes(this.#granuleBytes);
      this.#end = sectorBytes(geometry, address);
      return;
    }
  }

  #freeCount(taken: readonly number[]): number {
    return this.#sectors.length - taken.length - this.#bad.size;
  }

  /** The next usable sector in ring order after the last of `taken`: wear goes round. */
  #nextFree(taken: readonly number[]): number | undefined {
    const count = this.#sectors.length;
    const last = taken.at(-1) ?? -1;
    for (let step = 1; step <= count; step++) {
      const index = (last + step) % count;
      if (!taken.includes(index) && !this.#bad.has(index)) return index;
    }
    return undefined;
  }

  #sectorsFor(sizeBytes: number): number {
    const usable = this.#sectorBytesMin - headerBytes(this.#granuleBytes);
    if (sizeBytes <= usable - RECORD_HEAD_BYTES) return 1;
    return Math.ceil(sizeBytes / Math.max(1, usable - RECORD_BYTES_MAX));
  }

  #erase(address: number): boolean {
    this.#erases += 1;
    try {
      this.#flash.erase(address);
      return true;
    } catch (error) {
      if (!(error instanceof FlashFault)) throw error;
      return false;
    }
  }

  /** What does not take is burnt: a torn granule may read erased and yet refuse. */
  #programVerified(address: number, source: Uint8Array): boolean {
    const found = viewOf(readBack, readBackViews, source.length);
    try {
      this.#flash.program(address, source);
      this.#flash.read(address, found);
    } catch (error) {
      if (!(error instanceof FlashFault)) throw error;
      return false;
    }
    for (let index = 0; index < source.length; index++) {
      if (found[index] !== source[index]) return false;
    }
    return true;
  }
}

function viewOf(buffer: Uint8Array, views: Uint8Array[], sizeBytes: number): Uint8Array {
  const known = views[sizeBytes];
  if (known !== undefined) return known;
  const view = buffer.subarray(0, sizeBytes);
  views[sizeBytes] = view;
  return view;
}
