import { type DrawKey, drawBelow, drawKey } from "../kernel/draws.ts";
import type { SectorMap } from "./sectors.ts";

interface Disturbed {
  /** Since the sector was erased. */
  reads: number;
  /** Since the flash was made: the counter of this sector's draws. */
  leaks: number;
}

export interface LeakedBit {
  readonly address: number;
  readonly bit: number;
}

/** Reading disturbs: every so many reads of a sector, one of its bits leaks. */
export class ReadDisturb {
  readonly #every: number;
  readonly #sectors: SectorMap;
  readonly #key: DrawKey;
  /** By the address of the sector. */
  readonly #disturbed = new Map<number, Disturbed>();

  constructor(every: number, sectors: SectorMap, key: DrawKey) {
    if (!Number.isInteger(every) || every < 1) throw new RangeError(`a leak every ${every} reads`);
    this.#every = every;
    this.#sectors = sectors;
    this.#key = key;
  }

  get memoryBytes(): number {
    return 150 + 80 * this.#disturbed.size;
  }

  /** Counts one read of the span. Returns the bits that it was too much for. */
  read(address: number, sizeBytes: number): readonly LeakedBit[] {
    const leaks: LeakedBit[] = [];
    const end = address + sizeBytes;
    for (let start = this.#sectors.startOf(address); start < end; ) {
      const sectorBytes = this.#sectors.sizeAt(start);
      const sector = this.#need(start);
      sector.reads += 1;
      if (sector.reads % this.#every === 0) {
        const key = drawKey(this.#key, start, "readDisturb");
        const bit = drawBelow(key, sector.leaks++, 8 * sectorBytes);
        leaks.push({ address: start + (bit >> 3), bit: bit & 7 });
      }
      start += sectorBytes;
    }
    return leaks;
  }

  erase(address: number): void {
    const sector = this.#disturbed.get(address);
    if (sector !== undefined) sector.reads = 0;
  }

  copyFrom(other: ReadDisturb): void {
    this.#disturbed.clear();
    for (const [address, sector] of other.#disturbed) this.#disturbed.set(address, { ...sector });
  }

  #need(address: number): Disturbed {
    let sector = this.#disturbed.get(address);
    if (sector === undefined) {
      sector = { reads: 0, leaks: 0 };
      this.#disturbed.set(address, sector);
    }
    return sector;
  }
}
