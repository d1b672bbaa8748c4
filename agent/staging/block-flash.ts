import { type Flash, FlashFault } from "#hal/ports.ts";
import { sectorBytes, sectorOrdinal, sectorStart } from "../flash/sectors.ts";
import type { BlockMap } from "./block-map.ts";
import { eraseSector, isErased, isErasedAt } from "./flash-access.ts";
import type { Place } from "./place.ts";

/** Told before a sector of the block is erased for the second time, and when it is whole again. */
type SectorInSpare = (address: number | undefined) => void;

/**
 * The flash under a block: sectors erased at first touch, each granule programmed once.
 *
 * Flash may hold more than the map says: a program that was never recorded because power failed.
 * Such a granule is not trusted, nor can it be programmed. Its sector is copied to the spare as far
 * as it is final, erased and written again.
 */
export class BlockFlash {
  readonly #flash: Flash;
  readonly #place: Place;
  /** Of the block. */
  readonly #address: number;
  readonly #map: BlockMap;
  readonly #sectorInSpare: SectorInSpare;
  /** A bit per sector of the block: erased for it. */
  readonly #erased: Uint8Array;
  readonly #firstSector: number;
  /** The span of offsets last seen to lie in erased sectors. */
  #spanStart = 0;
  #spanEnd = 0;
  isWary = false;

  constructor(flash: Flash, place: Place, map: BlockMap, sectorInSpare: SectorInSpare) {
    this.#flash = flash;
    this.#place = place;
    this.#address = place.block.address;
    this.#map = map;
    this.#sectorInSpare = sectorInSpare;
    this.#firstSector = sectorOrdinal(flash.geometry, this.#address);
    const last = sectorOrdinal(flash.geometry, this.#address + map.sizeBytes - 1);
    this.#erased = new Uint8Array((last - this.#firstSector + 8) >> 3);
  }

  /** Erases the sectors of a span that were not yet erased for this block. */
  open(start: number, end: number): void {
    if (start >= this.#spanStart && end <= this.#spanEnd) return;
    this.#forSectors(start, end, (sector) => {
      if (!this.#markErased(sector)) eraseSector(this.#flash, sector);
    });
  }

  /** After a reset: a recorded fragment lies there. */
  reopen(start: number, end: number): void {
    if (start >= this.#spanStart && end <= this.#spanEnd) return;
    this.#forSectors(start, end, (sector) => this.#markErased(sector));
  }

  /** Whole granules at `offset`, which are open and not final. */
  program(offset: number, source: Uint8Array): void {
    const address = this.#address + offset;
    try {
      if (this.isWary) this.#programWarily(address, source);
      else this.#flash.program(address, source);
    } catch (error) {
      if (!(error instanceof FlashFault)) throw error;
      this.#rewrite(address, source.length);
      this.#flash.program(address, source);
    }
  }

  /** Bytes of missing fragments are unspecified. */
  read(target: Uint8Array): void {
    try {
      this.#flash.read(this.#address, target);
    } catch (error) {
      if (!(error instanceof FlashFault)) throw error;
      this.#readFinal(this.#address, this.#address, target);
    }
  }

  readAt(offset: number, target: Uint8Array): void {
    this.#flash.read(this.#address + offset, target);
  }

  /** After a reset, when power failed between the two calls of {@link SectorInSpare}. */
  finishRewrite(sector: number): void {
    const bytes = new Uint8Array(sectorBytes(this.#flash.geometry, sector)).fill(0xff);
    this.#readFinal(sector, this.#place.spare.address, bytes);
    this.#writeBack(sector, bytes);
  }

  /** Erases what is left of an older block behind this one. */
  eraseRest(): void {
    const { block } = this.#place;
    const end = block.address + block.sizeBytes;
    const last = block.address + this.#map.sizeBytes - 1;
    let sector = sectorStart(this.#flash.geometry, last) + sectorBytes(this.#flash.geometry, last);
    for (; sector < end; sector += sectorBytes(this.#flash.geometry, sector)) {
      const sizeBytes = sectorBytes(this.#flash.geometry, sector);
      if (!isErased(this.#flash, sector, sizeBytes)) eraseSector(this.#flash, sector);
    }
  }

  #programWarily(address: number, source: Uint8Array): void {
    if (!isErased(this.#flash, address, source.length)) throw new FlashFault("program", address);
    const { granuleBytes } = this.#map;
    let start = 0;
    for (let at = 0; at < source.length; at += granuleBytes) {
      // A granule that is to read erased may have been programmed so before.
      if (!isErasedAt(source, at, at + granuleBytes)) continue;
      if (start < at) this.#flash.program(address + start, source.subarray(start, at));
      start = at + granuleBytes;
    }
    if (start < source.length) this.#flash.program(address + start, source.subarray(start));
  }

  #rewrite(address: number, sizeBytes: number): void {
    const { geometry } = this.#flash;
    const { spare } = this.#place;
    const end = address + sizeBytes;
    for (let at = sectorStart(geometry, address); at < end; at += sectorBytes(geometry, at)) {
      const bytes = new Uint8Array(sectorBytes(geometry, at)).fill(0xff);
      this.#readFinal(at, at, bytes);
      for (let spareAt = spare.address; spareAt < spare.address + bytes.length; ) {
        eraseSector(this.#flash, spareAt);
        spareAt += sectorBytes(geometry, spareAt);
      }
      this.#programFinal(at, spare.address, bytes);
      this.#sectorInSpare(at);
      this.#writeBack(at, bytes);
    }
  }

  #writeBack(sector: number, bytes: Uint8Array): void {
    eraseSector(this.#flash, sector);
    this.#programFinal(sector, sector, bytes);
    this.#sectorInSpare(undefined);
  }

  /** Reads the final granules of the block from `sector` on, which are to be found at `from`. */
  #readFinal(sector: number, from: number, target: Uint8Array): void {
    this.#forFinal(sector, target.length, (start, end) => {
      this.#flash.read(from + start, target.subarray(start, end));
    });
  }

  #programFinal(sector: number, to: number, bytes: Uint8Array): void {
    this.#forFinal(sector, bytes.length, (start, end) => {
      this.#flash.program(to + start, bytes.subarray(start, end));
    });
  }

  /** Runs of final granules as offsets from `address`. */
  #forFinal(address: number, sizeBytes: number, visit: (start: number, end: number) => void): void {
    const { granuleBytes } = this.#map;
    const offset = address - this.#address;
    const end = Math.min(sizeBytes, this.#map.sizeBytes - offset);
    let runStart = -1;
    for (let at = 0; at < end; at += granuleBytes) {
      const isFinal = this.#map.isFinal((offset + at) / granuleBytes, -1);
      if (isFinal && runStart < 0) runStart = at;
      if (isFinal || runStart < 0) continue;
      visit(runStart, at);
      runStart = -1;
    }
    if (runStart < 0) return;
    const whole = Math.ceil(end / granuleBytes) * granuleBytes;
    visit(runStart, Math.min(whole, sizeBytes));
  }

  /** Returns whether it was marked before. */
  #markErased(sector: number): boolean {
    const bit = sectorOrdinal(this.#flash.geometry, sector) - this.#firstSector;
    const byte = this.#erased[bit >> 3] ?? 0;
    this.#erased[bit >> 3] = byte | (1 << (bit & 7));
    return ((byte >> (bit & 7)) & 1) === 1;
  }

  #forSectors(start: number, end: number, visit: (sector: number) => void): void {
    const { geometry } = this.#flash;
    const first = sectorStart(geometry, this.#address + start);
    let sector = first;
    for (; sector < this.#address + end; sector += sectorBytes(geometry, sector)) visit(sector);
    this.#spanStart = first - this.#address;
    this.#spanEnd = sector - this.#address;
  }
}
