import type { BlockMap } from "./block-map.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * Granules whose other fragments are not there yet, by number within the block. What is not known
 * of one is 0xFF.
 */
export class EdgeStore {
  readonly #map: BlockMap;
  readonly #waiting = new Map<number, Uint8Array>();
  readonly #unused: Uint8Array[] = [];
  /** In front of the map, because in order of arrival no more than two granules wait; -1: unused. */
  #firstGranule = -1;
  #secondGranule = -1;
  #firstBytes: Uint8Array = NO_BYTES;
  #secondBytes: Uint8Array = NO_BYTES;

  constructor(map: BlockMap) {
    this.#map = map;
  }

  get size(): number {
    return this.#waiting.size + Number(this.#firstGranule >= 0) + Number(this.#secondGranule >= 0);
  }

  get(granule: number): Uint8Array | undefined {
    if (granule === this.#firstGranule) return this.#firstBytes;
    if (granule === this.#secondGranule) return this.#secondBytes;
    return this.#waiting.get(granule);
  }

  /** Adds the part of a fragment that lies in the granule; `start` is the fragment's offset. */
  merge(granule: number, start: number, fragment: Uint8Array): void {
    const bytes = this.#need(granule);
    const granuleStart = granule * bytes.length;
    const from = Math.max(start, granuleStart);
    const to = Math.min(start + fragment.length, granuleStart + bytes.length);
    for (let at = from; at < to; at++) bytes[at - granuleStart] = fragment[at - start] as number;
  }

  drop(granule: number): void {
    if (granule === this.#firstGranule) {
      this.#firstGranule = -1;
      return;
    }
    if (granule === this.#secondGranule) {
      this.#secondGranule = -1;
      return;
    }
    const bytes = this.#waiting.get(granule);
    if (bytes === undefined) return;
    this.#waiting.delete(granule);
    this.#unused.push(bytes);
  }

  /** Lays the known bytes over a copy of the block. */
  overlay(block: Uint8Array): void {
    for (const [granule, bytes] of this.#entries()) {
      const start = granule * bytes.length;
      for (let at = 0; at < bytes.length && start + at < block.length; at++) {
        if (this.#isKnown(start + at)) block[start + at] = bytes[at] as number;
      }
    }
  }

  /** Calls `visit` with each waiting granule and its known bytes, packed. For a snapshot. */
  forEach(visit: (granule: number, known: Uint8Array) => void): void {
    for (const [granule, bytes] of this.#entries()) {
      const start = granule * bytes.length;
      visit(
        granule,
        bytes.filter((_, at) => this.#isKnown(start + at)),
      );
    }
  }

  /** Takes back what {@link forEach} gave, once the map is as it was. Returns the bytes consumed. */
  restore(granule: number, packed: Uint8Array, packedAt: number): number {
    const bytes = this.#need(granule);
    const start = granule * bytes.length;
    let taken = 0;
    for (let at = 0; at < bytes.length; at++) {
      if (this.#isKnown(start + at)) bytes[at] = packed[packedAt + taken++] ?? 0xff;
    }
    return taken;
  }

  #isKnown(offset: number): boolean {
    const { shape, sizeBytes } = this.#map;
    return offset < sizeBytes && this.#map.has(Math.floor(offset / shape.fragSize));
  }

  #need(granule: number): Uint8Array {
    const known = this.get(granule);
    if (known !== undefined) return known;
    if (this.#firstGranule < 0) {
      this.#firstGranule = granule;
      this.#firstBytes = this.#fresh(this.#firstBytes);
      return this.#firstBytes;
    }
    if (this.#secondGranule < 0) {
      this.#secondGranule = granule;
      this.#secondBytes = this.#fresh(this.#secondBytes);
      return this.#secondBytes;
    }
    const bytes = this.#fresh(this.#unused.pop() ?? NO_BYTES);
    this.#waiting.set(granule, bytes);
    return bytes;
  }

  #fresh(used: Uint8Array): Uint8Array {
    const bytes = used.length > 0 ? used : new Uint8Array(this.#map.granuleBytes);
    return bytes.fill(0xff);
  }

  *#entries(): Iterable<readonly [number, Uint8Array]> {
    if (this.#firstGranule >= 0) yield [this.#firstGranule, this.#firstBytes];
    if (this.#secondGranule >= 0) yield [this.#secondGranule, this.#secondBytes];
    yield* this.#waiting;
  }
}
