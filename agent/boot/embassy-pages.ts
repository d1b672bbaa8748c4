import type { Flash } from "#hal/ports.ts";
import { holds, reads } from "../flash/faults.ts";
import { sectorsOf } from "../flash/sectors.ts";
import type { EmbassyPartitions, EmbassyShape } from "./embassy-layout.ts";
import type { Region } from "./strategy.ts";

/** The copy of one page from one partition to the other. */
export interface HalfStep {
  readonly from: "active" | "dfu";
  readonly fromPage: number;
  readonly toPage: number;
}

/**
 * Half-step `index` of 4 × `pages`, each of which leaves its source as it is. The first half of them
 * swaps, from the last page down: ACTIVE goes to DFU one page further on, and DFU to ACTIVE. The
 * second half takes that back, from the first page up.
 */
export function halfStepOf(index: number, pages: number): HalfStep {
  const pair = (index >> 1) % pages;
  const isRevert = index >= 2 * pages;
  const page = isRevert ? pair : pages - 1 - pair;
  if (index % 2 === 0) {
    return { from: "active", fromPage: page, toPage: isRevert ? page : page + 1 };
  }
  return { from: "dfu", fromPage: isRevert ? page + 1 : page, toPage: page };
}

/** Moves pages between ACTIVE and DFU. */
export class EmbassyPages {
  readonly #flash: Flash;
  readonly #partitions: EmbassyPartitions;
  readonly #shape: EmbassyShape;
  readonly #buffer: Uint8Array;
  readonly #feed: () => void;

  /**
   * `bufferBytes`: what is read and programmed at once; a divisor of the page. `feed` is called
   * before each page.
   */
  constructor(
    flash: Flash,
    partitions: EmbassyPartitions,
    shape: EmbassyShape,
    bufferBytes: number = shape.pageBytes,
    feed: () => void = () => {},
  ) {
    if (shape.pageBytes % bufferBytes !== 0 || bufferBytes % shape.wordBytes !== 0) {
      throw new RangeError(`a buffer of ${bufferBytes} bytes for pages of ${shape.pageBytes}`);
    }
    this.#flash = flash;
    this.#partitions = partitions;
    this.#shape = shape;
    this.#buffer = new Uint8Array(bufferBytes);
    this.#feed = feed;
  }

  /** Erases the target page and copies the source into it. */
  copy(step: HalfStep): void {
    this.#copy(step, (address, target) => this.#flash.read(address, target));
  }

  /** The same; what cannot be read of the source stays erased in the target. */
  copyReadable(step: HalfStep): void {
    this.#copy(step, (address, target) => this.#readReadable(address, target));
  }

  /** Is the copy there? Not if either cannot be read. */
  isCopied(step: HalfStep): boolean {
    const [source, target] = this.#spansOf(step);
    const bytes = new Uint8Array(source.sizeBytes);
    return reads(this.#flash, source.address, bytes) && holds(this.#flash, target.address, bytes);
  }

  #copy(step: HalfStep, read: (address: number, target: Uint8Array) => void): void {
    this.#feed();
    const [source, target] = this.#spansOf(step);
    for (const sector of sectorsOf(this.#flash.geometry, target)) this.#flash.erase(sector);
    const buffer = this.#buffer;
    for (let offset = 0; offset < target.sizeBytes; offset += buffer.length) {
      read(source.address + offset, buffer);
      this.#flash.program(target.address + offset, buffer);
    }
  }

  #readReadable(address: number, target: Uint8Array): void {
    const { wordBytes, erasedByte } = this.#shape;
    for (let offset = 0; offset < target.length; offset += wordBytes) {
      const word = target.subarray(offset, offset + wordBytes);
      if (!reads(this.#flash, address + offset, word)) word.fill(erasedByte);
    }
  }

  #spansOf({ from, fromPage, toPage }: HalfStep): readonly [Region, Region] {
    const { active, dfu } = this.#partitions;
    const [source, target] = from === "active" ? [active, dfu] : [dfu, active];
    const sizeBytes = this.#shape.pageBytes;
    return [
      { address: source.address + fromPage * sizeBytes, sizeBytes },
      { address: target.address + toPage * sizeBytes, sizeBytes },
    ];
  }
}
