import type { RewritePolicy } from "#sim/flash/nor-options.ts";

/**
 * The oracle: a flash as three flat arrays and no idea. What {@link NorFlash} shares and packs,
 * this spells out byte by byte.
 */
export class FlatFlash {
  readonly bytes: Uint8Array;
  readonly programmed: Uint8Array;
  readonly erases: number[];
  readonly #granuleBytes: number;
  readonly #sectorBytes: number;
  readonly #policy: RewritePolicy;

  constructor(
    sizeBytes: number,
    sectorBytes: number,
    granuleBytes: number,
    policy: RewritePolicy = "write-once",
  ) {
    this.bytes = new Uint8Array(sizeBytes).fill(0xff);
    this.programmed = new Uint8Array(sizeBytes / granuleBytes);
    this.erases = new Array(sizeBytes / sectorBytes).fill(0);
    this.#granuleBytes = granuleBytes;
    this.#sectorBytes = sectorBytes;
    this.#policy = policy;
  }

  accepts(address: number, source: Uint8Array): boolean {
    const size = this.#granuleBytes;
    for (let at = 0; at < source.length; at += size) {
      const isZero = source.subarray(at, at + size).every((byte) => byte === 0);
      const mayRewrite =
        this.#policy === "multiwrite" || (this.#policy === "zero-overwrite" && isZero);
      if (this.programmed[(address + at) / size] === 1 && !mayRewrite) return false;
    }
    return true;
  }

  program(address: number, source: Uint8Array): void {
    for (let at = 0; at < source.length; at++) {
      this.bytes[address + at] = (this.bytes[address + at] ?? 0) & (source[at] ?? 0);
      this.programmed[Math.floor((address + at) / this.#granuleBytes)] = 1;
    }
  }

  /** Erases the whole granules among the first `reached` bytes of a sector. */
  erase(address: number, reached = this.#sectorBytes): void {
    this.erases[address / this.#sectorBytes] = (this.erases[address / this.#sectorBytes] ?? 0) + 1;
    const end = address + reached - (reached % this.#granuleBytes);
    this.bytes.fill(0xff, address, end);
    this.programmed.fill(0, address / this.#granuleBytes, end / this.#granuleBytes);
  }

  flip(address: number, bit: number): void {
    this.bytes[address] = (this.bytes[address] ?? 0) ^ (1 << bit);
  }
}
