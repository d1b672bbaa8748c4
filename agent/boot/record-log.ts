import { type Flash, FlashFault } from "#hal/ports.ts";
import { holds, reads, succeeds } from "../flash/faults.ts";
import { type BootRecord, decodeRecord, encodeRecord, RECORD_BYTES, sequenceIn } from "./record.ts";
import type { Region } from "./strategy.ts";

/** A sector whose erase fails this often in a row is given up for this commit. */
const ERASE_TRIES = 3;

interface Copy {
  readonly region: Region;
  readonly slots: number;
  newest: BootRecord | undefined;
  /** First slot after the last one that does not read erased. */
  nextSlot: number;
}

/**
 * The boot record: two sectors, each an append log of whole records.
 *
 * A commit goes to the copy that is behind, then to the other, so that at every instant the newest
 * whole record is either the old state or the new one. A sector is only ever erased while the other
 * holds the newest record.
 */
export class RecordLog {
  readonly #flash: Flash;
  readonly #copies: readonly [Copy, Copy];

  constructor(flash: Flash, regions: readonly [Region, Region]) {
    this.#flash = flash;
    const copyOf = (region: Region): Copy => ({
      region,
      slots: Math.floor(region.sizeBytes / RECORD_BYTES),
      newest: undefined,
      nextSlot: 0,
    });
    this.#copies = [copyOf(regions[0]), copyOf(regions[1])];
  }

  /** Reads both copies from flash; the newest record, if there is any. */
  load(): BootRecord | undefined {
    for (const copy of this.#copies) this.#scan(copy);
    return this.newest;
  }

  get newest(): BootRecord | undefined {
    const [a, b] = this.#copies;
    return sequenceOf(b) > sequenceOf(a) ? b.newest : a.newest;
  }

  /**
   * Brings both copies to the newest record, so that losing either sector loses nothing. A copy
   * that cannot be mended costs no slots of the good one.
   */
  settle(): void {
    const { newest } = this;
    const [a, b] = this.#copies;
    if (newest === undefined || sequenceOf(a) === sequenceOf(b)) return;
    const record = { ...newest, sequence: newest.sequence + 1 };
    const [behind, ahead] = this.#byAge();
    const bytes = encodeRecord(record);
    if (this.#append(behind, ahead, record, bytes)) this.#append(ahead, behind, record, bytes);
  }

  /**
   * Makes `record` the newest, whatever its `sequence` says. Returns it as stored.
   *
   * Throws {@link FlashFault} when neither copy could take it: then the old state stands.
   */
  commit(record: BootRecord): BootRecord {
    const sequence = (this.newest?.sequence ?? 0) + 1;
    const stored = { ...record, sequence };
    const [behind, ahead] = this.#byAge();
    const bytes = encodeRecord(stored);
    const isFirst = this.#append(behind, ahead, stored, bytes);
    const isSecond = this.#append(ahead, behind, stored, bytes);
    if (!isFirst && !isSecond) throw new FlashFault("program", behind.region.address);
    return stored;
  }

  #byAge(): readonly [Copy, Copy] {
    const [a, b] = this.#copies;
    return sequenceOf(b) < sequenceOf(a) ? [b, a] : [a, b];
  }

  #append(copy: Copy, other: Copy, record: BootRecord, bytes: Uint8Array): boolean {
    let mayErase = sequenceOf(other) >= sequenceOf(copy);
    for (;;) {
      if (copy.nextSlot >= copy.slots) {
        if (!mayErase || !this.#erase(copy)) return false;
        mayErase = false;
      }
      const address = copy.region.address + copy.nextSlot * RECORD_BYTES;
      copy.nextSlot += 1;
      // A slot that does not take the record is burnt: a torn one can read erased and yet refuse.
      if (!this.#write(address, bytes)) continue;
      copy.newest = record;
      return true;
    }
  }

  #erase(copy: Copy): boolean {
    copy.newest = undefined;
    for (let tries = 0; tries < ERASE_TRIES; tries++) {
      if (!succeeds(() => this.#flash.erase(copy.region.address))) continue;
      copy.nextSlot = 0;
      return true;
    }
    return false;
  }

  #write(address: number, bytes: Uint8Array): boolean {
    const flash = this.#flash;
    if (!succeeds(() => flash.program(address, bytes))) return false;
    // Twice: an unstable bit may read right once.
    return holds(flash, address, bytes) && holds(flash, address, bytes);
  }

  #scan(copy: Copy): void {
    copy.newest = undefined;
    copy.nextSlot = 0;
    const sector = this.#readSector(copy);
    const words = new Int32Array(sector.buffer);
    for (let slot = copy.slots - 1; slot >= 0; slot--) {
      const start = slot * RECORD_BYTES;
      if (isErased(words, start / 4, (start + RECORD_BYTES) / 4)) continue;
      copy.nextSlot = Math.max(copy.nextSlot, slot + 1);
      if (sequenceIn(sector, start) <= sequenceOf(copy)) continue;
      copy.newest = decodeRecord(sector.subarray(start, start + RECORD_BYTES)) ?? copy.newest;
    }
  }

  /** Slots that cannot be read come back as zeros: used, and no record. */
  #readSector(copy: Copy): Uint8Array {
    const sector = new Uint8Array(copy.slots * RECORD_BYTES);
    if (reads(this.#flash, copy.region.address, sector)) return sector;
    for (let start = 0; start < sector.length; start += RECORD_BYTES) {
      const slot = sector.subarray(start, start + RECORD_BYTES);
      if (!reads(this.#flash, copy.region.address + start, slot)) slot.fill(0);
    }
    return sector;
  }
}

function isErased(words: Int32Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if (words[index] !== -1) return false;
  }
  return true;
}

function sequenceOf(copy: Copy): number {
  return copy.newest?.sequence ?? -1;
}
