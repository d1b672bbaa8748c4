import type { FlashGeometry } from "#hal/ports.ts";
import type { Cut } from "#sim/flash/cuts.ts";
import type { RewritePolicy } from "#sim/flash/nor-options.ts";

export interface FlatOptions {
  readonly policy: RewritePolicy;
  readonly ecc: boolean;
}

/**
 * The oracle: a flash as flat arrays and no idea. What {@link NorFlash} shares, packs, inverts and
 * keeps as a list of exceptions, this spells out byte by byte.
 */
export class FlatFlash {
  readonly erases: number[] = [];
  /** Address of each sector, and the end of the last. */
  readonly sectorStarts: readonly number[];
  corrected = 0;
  readonly #size: number;
  readonly #erased: number;
  readonly #options: FlatOptions;
  readonly #bytes: Uint8Array;
  /** Bits that read inverted. */
  readonly #flipped: Uint8Array;
  readonly #stuckMask: Uint8Array;
  readonly #stuckBits: Uint8Array;
  readonly #isProgrammed: boolean[];
  readonly #isTorn: boolean[];

  constructor(geometry: FlashGeometry, options: FlatOptions) {
    const { sizeBytes, granuleBytes, sectors, erasedByte = 0xff } = geometry;
    const starts: number[] = [];
    for (const run of sectors) {
      for (let index = 0; index < run.count; index++) {
        starts.push(run.address + index * run.sizeBytes);
        this.erases.push(0);
      }
    }
    this.sectorStarts = [...starts, sizeBytes];
    this.#size = granuleBytes;
    this.#erased = erasedByte;
    this.#options = options;
    this.#bytes = new Uint8Array(sizeBytes).fill(erasedByte);
    this.#flipped = new Uint8Array(sizeBytes);
    this.#stuckMask = new Uint8Array(sizeBytes);
    this.#stuckBits = new Uint8Array(sizeBytes);
    this.#isProgrammed = new Array(sizeBytes / granuleBytes).fill(false);
    this.#isTorn = new Array(sizeBytes / granuleBytes).fill(false);
  }

  /** The bytes, or undefined: a read fault. */
  read(address: number, sizeBytes: number): Uint8Array | undefined {
    const seen = this.#bytes.slice(address, address + sizeBytes);
    for (let at = 0; at < sizeBytes && !this.#options.ecc; at++) {
      seen[at] = this.#stored(address + at);
    }
    if (!this.#options.ecc) return seen;
    let corrected = 0;
    const first = Math.floor(address / this.#size);
    for (let granule = first; granule * this.#size < address + sizeBytes; granule++) {
      const wrong = this.#wrongBits(granule);
      if (this.#isTorn[granule] === true || wrong > 1) return undefined;
      corrected += wrong;
    }
    this.corrected += corrected;
    return seen;
  }

  accepts(address: number, source: Uint8Array): boolean {
    const size = this.#size;
    for (let at = 0; at < source.length; at += size) {
      const word = source.subarray(at, at + size);
      const isInverse = word.every((byte) => byte === (this.#erased ^ 0xff));
      const { policy } = this.#options;
      const mayRewrite = policy === "multiwrite" || (policy === "zero-overwrite" && isInverse);
      if (this.#isProgrammed[(address + at) / size] === true && !mayRewrite) return false;
    }
    return true;
  }

  program(address: number, source: Uint8Array, cut: Cut = { kind: "doneButLost" }): void {
    const isWhole = cut.kind === "doneButLost" || cut.kind === "prefix";
    let reached = cut.kind === "notDone" ? 0 : source.length;
    if (cut.kind === "prefix") reached = Math.min(cut.bytes, reached);
    for (let at = 0; at < reached; at++) {
      const granule = Math.floor((address + at) / this.#size);
      this.#isProgrammed[granule] = true;
      const end = (granule + 1) * this.#size;
      this.#isTorn[granule] = this.#options.ecc && (!isWhole || end > address + reached);
      this.#drive(address + at, source[at] ?? 0);
    }
  }

  erase(sector: number, cut: Cut = { kind: "doneButLost" }): void {
    this.erases[sector] = (this.erases[sector] ?? 0) + 1;
    const start = this.sectorStarts[sector] ?? 0;
    const end = this.sectorStarts[sector + 1] ?? 0;
    let reached = end;
    if (cut.kind === "notDone") reached = start;
    if (cut.kind === "halfErase") reached = start + (end - start) / 2;
    if (cut.kind === "prefix") reached = Math.min(start + cut.bytes, end);
    reached -= reached % this.#size;
    this.#bytes.fill(this.#erased, start, reached);
    this.#flipped.fill(0, start, reached);
    const spoils = !["notDone", "halfErase", "prefix", "doneButLost"].includes(cut.kind);
    for (let granule = start / this.#size; granule < reached / this.#size; granule++) {
      this.#isProgrammed[granule] = spoils;
      this.#isTorn[granule] = spoils && cut.kind !== "marginalErase";
    }
  }

  flip(address: number, bit: number): void {
    this.#flipped[address] = (this.#flipped[address] ?? 0) ^ (1 << bit);
  }

  stick(address: number, bit: number, value: 0 | 1): void {
    this.#stuckMask[address] = (this.#stuckMask[address] ?? 0) | (1 << bit);
    this.#stuckBits[address] = ((this.#stuckBits[address] ?? 0) & ~(1 << bit)) | (value << bit);
  }

  /** Bits only ever move away from the erased value; those that do are as good as new. */
  #drive(address: number, byte: number): void {
    const old = this.#bytes[address] ?? 0;
    const flipped = this.#flipped[address] ?? 0;
    this.#bytes[address] = this.#erased === 0xff ? old & byte : old | byte;
    this.#flipped[address] = this.#erased === 0xff ? flipped & byte : flipped & ~byte;
  }

  #stored(address: number): number {
    const cell = (this.#bytes[address] ?? 0) ^ (this.#flipped[address] ?? 0);
    const mask = this.#stuckMask[address] ?? 0;
    return (cell & ~mask) | (this.#stuckBits[address] ?? 0);
  }

  #wrongBits(granule: number): number {
    let wrong = 0;
    for (let at = granule * this.#size; at < (granule + 1) * this.#size; at++) {
      const difference = (this.#bytes[at] ?? 0) ^ this.#stored(at);
      for (let bit = 0; bit < 8; bit++) wrong += (difference >> bit) & 1;
    }
    return wrong;
  }
}
