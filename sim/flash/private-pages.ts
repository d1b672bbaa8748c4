import type { SectorMap } from "./sectors.ts";

const ARENA_STEP_PAGES = 2;

/**
 * Bytes that only this device has: small pages, allocated when first touched, in one arena per
 * device. A page is its data followed by a bit per granule that says "programmed".
 */
export class PrivatePages {
  readonly #pageBytes: number;
  /** Both sizes are powers of two. */
  readonly #pageShift: number;
  readonly #granuleBytes: number;
  readonly #granuleShift: number;
  readonly #slotBytes: number;
  /** Page index to slot in the arena. */
  readonly #slots = new Map<number, number>();
  readonly #free: number[] = [];
  #arena = new Uint8Array(0);
  /** The page looked up last, and its slot: a journal grows within one page. */
  #lastPage = -1;
  #lastSlot: number | undefined;

  constructor(sectors: SectorMap, granuleBytes: number) {
    this.#pageBytes = sectors.pageBytes;
    this.#pageShift = 31 - Math.clz32(this.#pageBytes);
    this.#granuleBytes = granuleBytes;
    this.#granuleShift = 31 - Math.clz32(granuleBytes);
    this.#slotBytes = this.#pageBytes + Math.ceil(this.#pageBytes / granuleBytes / 8);
  }

  get memoryBytes(): number {
    return this.#arena.byteLength + 120 + 48 * this.#slots.size;
  }

  /** Is any granule of the span? */
  isProgrammed(address: number, sizeBytes: number): boolean {
    if (this.#slots.size === 0) return false;
    const end = address + sizeBytes;
    for (let at = address; at < end; ) {
      const stop = Math.min(this.#pageEnd(at), end);
      const slot = this.#slotOf(at >> this.#pageShift);
      if (slot !== undefined) {
        for (let granule = at; granule < stop; granule += this.#granuleBytes) {
          if (this.#isMarked(slot, granule)) return true;
        }
      }
      at = stop;
    }
    return false;
  }

  /** Clears bits as a program does, and marks every granule that `source` touches. */
  program(address: number, source: Uint8Array): void {
    const end = address + source.length;
    for (let at = address; at < end; ) {
      const stop = Math.min(this.#pageEnd(at), end);
      const slot = this.#slotFor(at);
      const data = this.#dataAt(slot, at);
      const arena = this.#arena;
      for (let index = 0; index < stop - at; index++) {
        arena[data + index] =
          (arena[data + index] as number) & (source[at - address + index] as number);
      }
      this.#mark(slot, at, stop);
      at = stop;
    }
  }

  /** Forgets whole granules. */
  erase(start: number, end: number): void {
    if (this.#slots.size === 0) return;
    for (let at = start; at < end; ) {
      const stop = Math.min(this.#pageEnd(at), end);
      const page = at >> this.#pageShift;
      const slot = this.#slots.get(page);
      if (slot !== undefined && stop - at === this.#pageBytes) {
        this.#slots.delete(page);
        this.#lastPage = -1;
        this.#free.push(slot);
      } else if (slot !== undefined) {
        const data = this.#dataAt(slot, at);
        this.#arena.fill(0xff, data, data + stop - at);
        for (let granule = at; granule < stop; granule += this.#granuleBytes) {
          const bit = this.#bitOf(granule);
          const byte = slot * this.#slotBytes + this.#pageBytes + (bit >> 3);
          this.#arena[byte] = (this.#arena[byte] as number) & ~(1 << (bit & 7));
        }
      }
      at = stop;
    }
  }

  /** Copies the pages that exist over `target`, which stands for the bytes from `address` on. */
  copyInto(address: number, target: Uint8Array): void {
    if (this.#slots.size === 0) return;
    const end = address + target.length;
    const first = address >> this.#pageShift;
    const last = (end - 1) >> this.#pageShift;
    if (last - first < this.#slots.size) {
      for (let page = first; page <= last; page++) {
        const slot = this.#slots.get(page);
        if (slot !== undefined) this.#copyPage(page, slot, address, target);
      }
      return;
    }
    for (const [page, slot] of this.#slots) {
      if (page >= first && page <= last) this.#copyPage(page, slot, address, target);
    }
  }

  copyFrom(other: PrivatePages): void {
    this.#lastPage = -1;
    this.#slots.clear();
    for (const [page, slot] of other.#slots) this.#slots.set(page, slot);
    this.#free.length = 0;
    for (const slot of other.#free) this.#free.push(slot);
    if (this.#arena.length === other.#arena.length) this.#arena.set(other.#arena);
    else this.#arena = other.#arena.slice();
  }

  #copyPage(page: number, slot: number, address: number, target: Uint8Array): void {
    const pageStart = page * this.#pageBytes;
    const start = Math.max(pageStart, address);
    const stop = Math.min(pageStart + this.#pageBytes, address + target.length);
    const data = this.#dataAt(slot, start);
    const arena = this.#arena;
    if (stop - start < 64) {
      for (let at = 0; at < stop - start; at++) {
        target[start - address + at] = arena[data + at] as number;
      }
    } else {
      target.set(arena.subarray(data, data + stop - start), start - address);
    }
  }

  #slotFor(address: number): number {
    const page = address >> this.#pageShift;
    let slot = this.#slotOf(page);
    if (slot !== undefined) return slot;
    slot = this.#free.pop() ?? this.#slots.size;
    const base = slot * this.#slotBytes;
    if (base >= this.#arena.length) {
      const grown = new Uint8Array(base + ARENA_STEP_PAGES * this.#slotBytes);
      grown.set(this.#arena);
      this.#arena = grown;
    }
    this.#arena.fill(0xff, base, base + this.#pageBytes);
    this.#arena.fill(0, base + this.#pageBytes, base + this.#slotBytes);
    this.#slots.set(page, slot);
    this.#lastPage = -1;
    return slot;
  }

  #slotOf(page: number): number | undefined {
    if (page !== this.#lastPage) {
      this.#lastPage = page;
      this.#lastSlot = this.#slots.get(page);
    }
    return this.#lastSlot;
  }

  #mark(slot: number, start: number, stop: number): void {
    const bits = slot * this.#slotBytes + this.#pageBytes;
    const last = this.#bitOf(stop - 1);
    for (let bit = this.#bitOf(start); bit <= last; bit++) {
      const byte = bits + (bit >> 3);
      this.#arena[byte] = (this.#arena[byte] as number) | (1 << (bit & 7));
    }
  }

  #isMarked(slot: number, address: number): boolean {
    const bit = this.#bitOf(address);
    const byte = this.#arena[slot * this.#slotBytes + this.#pageBytes + (bit >> 3)] as number;
    return (byte & (1 << (bit & 7))) !== 0;
  }

  #bitOf(address: number): number {
    return (address & (this.#pageBytes - 1)) >> this.#granuleShift;
  }

  #dataAt(slot: number, address: number): number {
    return slot * this.#slotBytes + (address & (this.#pageBytes - 1));
  }

  #pageEnd(address: number): number {
    return (address | (this.#pageBytes - 1)) + 1;
  }
}
