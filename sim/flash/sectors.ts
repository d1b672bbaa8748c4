import type { FlashGeometry, SectorRun } from "#hal/ports.ts";

/** A geometry, checked once and looked up often. One per geometry object, shared by a fleet. */
export class SectorMap {
  readonly count: number;
  /** Largest power of two up to 512 bytes that divides every sector. */
  readonly pageBytes: number;
  readonly #runs: readonly SectorRun[];
  readonly #sizeBytes: number;
  readonly #granuleBytes: number;

  constructor(geometry: FlashGeometry) {
    const { granuleBytes, sectors, sizeBytes } = geometry;
    if (![1, 2, 4, 8, 16, 32].includes(granuleBytes)) {
      throw new RangeError(`granule of ${granuleBytes} bytes`);
    }
    let end = 0;
    let count = 0;
    let pageBytes = 512;
    for (const run of sectors) {
      if (run.address !== end || run.count < 1 || run.sizeBytes < granuleBytes) {
        throw new RangeError(`sectors at ${run.address}: not gapless`);
      }
      while (run.sizeBytes % pageBytes !== 0) pageBytes /= 2;
      end += run.sizeBytes * run.count;
      count += run.count;
    }
    if (end !== sizeBytes || pageBytes < granuleBytes) {
      throw new RangeError("sectors must cover the device in whole granules");
    }
    this.#runs = sectors;
    this.#sizeBytes = sizeBytes;
    this.#granuleBytes = granuleBytes;
    this.count = count;
    this.pageBytes = pageBytes;
  }

  /** Index of the sector that holds `address`. */
  indexOf(address: number): number {
    let before = 0;
    for (const run of this.#runs) {
      const offset = address - run.address;
      if (offset < run.sizeBytes * run.count) return before + Math.floor(offset / run.sizeBytes);
      before += run.count;
    }
    throw new RangeError(`address ${address} outside ${this.#sizeBytes} bytes`);
  }

  /** First address of the sector that holds `address`. */
  startOf(address: number): number {
    for (const run of this.#runs) {
      const offset = address - run.address;
      if (offset < run.sizeBytes * run.count) return address - (offset % run.sizeBytes);
    }
    throw new RangeError(`address ${address} outside ${this.#sizeBytes} bytes`);
  }

  /** Size of the sector that starts at `address`. */
  sizeAt(address: number): number {
    for (const run of this.#runs) {
      const offset = address - run.address;
      if (offset < 0 || offset >= run.sizeBytes * run.count) continue;
      if (offset % run.sizeBytes !== 0) break;
      return run.sizeBytes;
    }
    throw new RangeError(`no sector starts at address ${address}`);
  }

  requireSpan(address: number, sizeBytes: number): void {
    if (!Number.isInteger(address) || address < 0 || address + sizeBytes > this.#sizeBytes) {
      throw new RangeError(`span of ${sizeBytes} bytes at ${address} is outside the flash`);
    }
  }

  requireGranules(address: number, sizeBytes: number): void {
    this.requireSpan(address, sizeBytes);
    if (address % this.#granuleBytes !== 0 || sizeBytes % this.#granuleBytes !== 0) {
      throw new RangeError(`program of ${sizeBytes} bytes at ${address} is not whole granules`);
    }
  }
}

const maps = new WeakMap<FlashGeometry, SectorMap>();

export function sectorMapOf(geometry: FlashGeometry): SectorMap {
  let map = maps.get(geometry);
  if (map === undefined) {
    map = new SectorMap(geometry);
    maps.set(geometry, map);
  }
  return map;
}
