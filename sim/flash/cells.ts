import type { FlashGeometry } from "#hal/ports.ts";
import type { DrawKey } from "../kernel/draws.ts";
import { CellFaults } from "./cell-faults.ts";
import { ExtentList } from "./extents.ts";
import { PrivatePages, type SpanState } from "./private-pages.ts";
import { sectorMapOf } from "./sectors.ts";
import type { SharedContent } from "./shared-content.ts";

/**
 * What the array holds, without any rule about what may be done to it.
 *
 * Two layers, disjoint by granule: extents of shared immutable content, and private pages. What is
 * in neither is erased.
 */
export class Cells {
  readonly content: SharedContent;
  readonly #granuleBytes: number;
  readonly #extents = new ExtentList();
  readonly #pages: PrivatePages;
  readonly #key: DrawKey;
  #faults: CellFaults | undefined;

  constructor(geometry: FlashGeometry, content: SharedContent, key: DrawKey) {
    this.content = content;
    this.#granuleBytes = geometry.granuleBytes;
    this.#pages = new PrivatePages(sectorMapOf(geometry), geometry.granuleBytes);
    this.#key = key;
  }

  get granuleBytes(): number {
    return this.#granuleBytes;
  }

  get memoryBytes(): number {
    const faults = this.#faults?.memoryBytes ?? 0;
    return this.#extents.memoryBytes + this.#pages.memoryBytes + faults;
  }

  /** Undefined on a healthy flash. */
  get faults(): CellFaults | undefined {
    return this.#faults;
  }

  needFaults(): CellFaults {
    this.#faults ??= new CellFaults(this.#key);
    return this.#faults;
  }

  /** The stored bits, before any reading fault. */
  read(address: number, target: Uint8Array): void {
    target.fill(0xff);
    this.#pages.copyInto(address, target);
    if (this.content.covers(address, target.length)) {
      this.#extents.copyInto(address, target, this.content);
    }
  }

  /** "disturbed": every granule may be programmed, but some bit does not read erased. */
  stateOf(address: number, sizeBytes: number): SpanState {
    const isShared =
      this.content.covers(address, sizeBytes) &&
      this.#extents.overlaps(address, address + sizeBytes);
    if (isShared) return "programmed";
    return this.#pages.stateOf(address, sizeBytes);
  }

  /** Programs whole erased granules, sharing what can be shared. */
  store(address: number, source: Uint8Array): void {
    const id = this.content.sourceFor(address, source);
    if (id < 0) this.#pages.program(address, source);
    else this.#extents.add(address, address + source.length, this.content.baseOf(id, address), id);
  }

  /** Clears the bits that `source` has clear, whatever was there. */
  overwrite(address: number, source: Uint8Array): void {
    this.#makePrivate(address, address + source.length);
    this.#pages.program(address, source);
  }

  clear(start: number, end: number): void {
    this.#extents.remove(start, end);
    this.#pages.erase(start, end);
    this.#faults?.erase(start, end, this.#granuleBytes);
  }

  flip(address: number, bit: number): void {
    const granule = address - (address % this.#granuleBytes);
    this.#makePrivate(granule, granule + this.#granuleBytes);
    const cell = new Uint8Array(1);
    this.read(address, cell);
    this.#pages.poke(address, (cell[0] as number) ^ (1 << bit));
  }

  copyFrom(other: Cells): void {
    this.#extents.copyFrom(other.#extents);
    this.#pages.copyFrom(other.#pages);
    this.#faults = other.#faults?.clone();
  }

  /** Takes granules out of the shared layer, as they are. */
  #makePrivate(start: number, end: number): void {
    if (!this.#extents.overlaps(start, end)) return;
    const bytes = new Uint8Array(this.#granuleBytes);
    for (let granule = start; granule < end; granule += this.#granuleBytes) {
      if (!this.#extents.overlaps(granule, granule + this.#granuleBytes)) continue;
      this.read(granule, bytes);
      this.#extents.remove(granule, granule + this.#granuleBytes);
      this.#pages.program(granule, bytes);
    }
  }
}
