import { type Flash, FlashFault } from "#hal/ports.ts";
import type { Region } from "../boot/strategy.ts";
import { roundUp, sectorBytes, sectorStart } from "../flash/sectors.ts";
import { eraseSector, isErased } from "./flash-access.ts";

/** One fragment of 255 bytes, extended to whole granules. In use within one call only. */
const padded = new Uint8Array(256);

/**
 * Coded fragments in the scratch region, in the order in which they came. A place that does not
 * take a fragment, or that holds one which was never recorded, is burnt: the next one is used.
 */
export class ScratchSlots {
  readonly #flash: Flash;
  readonly #region: Region;
  readonly #fragSize: number;
  readonly #slotBytes: number;
  /** Fragment number by order. */
  readonly numbers: number[] = [];
  /** Places not used, ascending. */
  readonly #burnt: number[] = [];
  /** Up to here the region was erased for this session. */
  #erasedEnd: number;
  #isWary = false;

  constructor(flash: Flash, region: Region, fragSize: number) {
    this.#flash = flash;
    this.#region = region;
    this.#fragSize = fragSize;
    this.#slotBytes = roundUp(fragSize, flash.geometry.granuleBytes);
    this.#erasedEnd = region.address;
  }

  /** Stores the next fragment. Returns the place if it is not simply the next one. */
  write(n: number, data: Uint8Array): number | undefined {
    let place = this.placeOf(this.numbers.length);
    const expected = place;
    while (!this.#tryWrite(place, data)) {
      this.#burnt.push(place);
      place += 1;
    }
    this.numbers.push(n);
    return place === expected && !this.#isAfterGap(place) ? undefined : place;
  }

  read(order: number, target: Uint8Array): void {
    this.#flash.read(this.#addressOf(this.placeOf(order)), target);
  }

  /** After a reset; `place` as {@link write} returned it. */
  restore(place: number | undefined, n: number): void {
    const expected = this.placeOf(this.numbers.length);
    const found = place ?? expected;
    for (let burnt = expected; burnt < found; burnt++) this.#burnt.push(burnt);
    this.numbers.push(n);
    const { geometry } = this.#flash;
    const last = this.#addressOf(found) + this.#slotBytes - 1;
    const end = sectorStart(geometry, last) + sectorBytes(geometry, last);
    this.#erasedEnd = Math.max(this.#erasedEnd, end);
    this.#isWary = true;
  }

  /** Place of the fragment that came as number `order`, from 0. */
  placeOf(order: number): number {
    let place = order;
    for (const burnt of this.#burnt) if (burnt <= place) place += 1;
    return place;
  }

  #isAfterGap(place: number): boolean {
    return this.#burnt.at(-1) === place - 1;
  }

  #addressOf(place: number): number {
    return this.#region.address + place * this.#slotBytes;
  }

  #tryWrite(place: number, data: Uint8Array): boolean {
    const address = this.#addressOf(place);
    const end = address + this.#slotBytes;
    if (end > this.#region.address + this.#region.sizeBytes) throw new FlashFault("program", end);
    while (this.#erasedEnd < end) {
      eraseSector(this.#flash, this.#erasedEnd);
      this.#erasedEnd += sectorBytes(this.#flash.geometry, this.#erasedEnd);
    }
    if (this.#isWary && !isErased(this.#flash, address, this.#slotBytes)) return false;
    // What reads erased anyway stays so: nobody could tell later that it was programmed.
    if (data[0] === 0xff && data.every((byte) => byte === 0xff)) return true;
    try {
      this.#flash.program(address, this.#paddedTo(data));
      return true;
    } catch (error) {
      if (!(error instanceof FlashFault)) throw error;
      return false;
    }
  }

  #paddedTo(data: Uint8Array): Uint8Array {
    if (this.#slotBytes === this.#fragSize) return data;
    padded.set(data);
    padded.fill(0xff, data.length, this.#slotBytes);
    return padded.subarray(0, this.#slotBytes);
  }
}
