import { FlashFault, type FlashGeometry } from "#hal/ports.ts";
import type { DrawKey } from "../kernel/draws.ts";
import { CellFaults } from "./cell-faults.ts";
import { ExtentList } from "./extents.ts";
import { PrivatePages } from "./private-pages.ts";
import { sectorMapOf } from "./sectors.ts";
import type { SharedContent } from "./shared-content.ts";

/**
 * What the array holds, without any rule about what may be done to it. Its erased bits are ones.
 *
 * Two layers, disjoint by granule: extents of shared immutable content, and private pages. What is
 * in neither is erased. Over both lies what is wrong with the cells.
 */
export class Cells {
  readonly content: SharedContent;
  /** Every granule has check bits: one wrong bit is corrected, anything more is a read fault. */
  readonly hasEcc: boolean;
  readonly #granuleBytes: number;
  readonly #extents = new ExtentList();
  readonly #pages: PrivatePages;
  readonly #key: DrawKey;
  #faults: CellFaults | undefined;

  constructor(geometry: FlashGeometry, content: SharedContent, key: DrawKey, hasEcc: boolean) {
    this.content = content;
    this.hasEcc = hasEcc;
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

  /** What was programmed. */
  read(address: number, target: Uint8Array): void {
    target.fill(0xff);
    this.#pages.copyInto(address, target);
    if (this.content.covers(address, target.length)) {
      this.#extents.copyInto(address, target, this.content);
    }
  }

  /** What the cells hold now. */
  readStored(address: number, target: Uint8Array): void {
    this.read(address, target);
    this.#faults?.bits.applyFlipped(address, target);
  }

  /**
   * What a reader gets.
   *
   * @throws FlashFault at a granule that the error correction cannot mend
   */
  sense(address: number, target: Uint8Array): void {
    if (this.#faults === undefined) this.read(address, target);
    else if (this.hasEcc) this.#readCorrected(this.#faults, address, target);
    else {
      this.readStored(address, target);
      this.#faults.distort(address, target);
    }
  }

  isProgrammed(address: number, sizeBytes: number): boolean {
    return (
      (this.content.covers(address, sizeBytes) &&
        this.#extents.overlaps(address, address + sizeBytes)) ||
      this.#pages.isProgrammed(address, sizeBytes)
    );
  }

  /** Programs whole erased granules, sharing what can be shared. */
  store(address: number, source: Uint8Array): void {
    const id = this.content.sourceFor(address, source);
    if (id < 0) this.#pages.program(address, source);
    else this.#extents.add(address, address + source.length, this.content.baseOf(id, address), id);
    this.#faults?.program(address, source, this.#granuleBytes);
  }

  /** Clears the bits that `source` has clear, whatever was there. */
  overwrite(address: number, source: Uint8Array): void {
    this.#makePrivate(address, address + source.length);
    this.#pages.program(address, source);
    this.#faults?.program(address, source, this.#granuleBytes);
  }

  clear(start: number, end: number): void {
    this.#extents.remove(start, end);
    this.#pages.erase(start, end);
    this.#faults?.erase(start, end, this.#granuleBytes);
  }

  copyFrom(other: Cells): void {
    this.#extents.copyFrom(other.#extents);
    this.#pages.copyFrom(other.#pages);
    this.#faults = other.#faults?.clone();
  }

  #readCorrected(faults: CellFaults, address: number, target: Uint8Array): void {
    const size = this.#granuleBytes;
    const first = Math.floor(address / size);
    const end = Math.ceil((address + target.length) / size);
    const torn = faults.tornIn(first, end);
    if (torn !== undefined) throw new FlashFault("read", torn * size);
    const doubtful = new Set<number>();
    for (const at of faults.bits.addressesIn(first * size, end * size)) {
      doubtful.add(at - (at % size));
    }
    let corrected = 0;
    for (const granule of doubtful) {
      const wrong = this.#wrongBits(faults, granule);
      if (wrong > 1) throw new FlashFault("read", granule);
      corrected += wrong;
    }
    faults.corrected += corrected;
    this.read(address, target);
  }

  #wrongBits(faults: CellFaults, granule: number): number {
    const right = new Uint8Array(this.#granuleBytes);
    this.read(granule, right);
    const stored = right.slice();
    faults.bits.applyFlipped(granule, stored);
    faults.bits.applyStuck(granule, stored);
    let wrong = 0;
    for (let index = 0; index < right.length; index++) {
      for (let bits = (right[index] ?? 0) ^ (stored[index] ?? 0); bits !== 0; bits &= bits - 1) {
        wrong += 1;
      }
    }
    return wrong;
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
