import { type DrawKey, draw32 } from "../kernel/draws.ts";
import { BitErrors } from "./bit-errors.ts";
import type { Cut } from "./cuts.ts";
import { FailureRules, type FaultEffect } from "./failures.ts";
import { keysIn } from "./spans.ts";

/** Everything that is wrong with the cells of one flash, and all that is going to go wrong. */
export class CellFaults {
  readonly cuts = new Map<number, Cut>();
  readonly failures = new FailureRules<FaultEffect>();
  readonly bits = new BitErrors();
  /** Granules with one wrong bit that a read has mended on the way. */
  corrected = 0;
  /** Byte address to the bits that read at random until erased or driven again. */
  readonly #unstable = new Map<number, number>();
  /** Granules that were left programmed although they may read erased. */
  readonly #suspect = new Set<number>();
  /** Granules whose bits and check bits disagree. */
  readonly #torn = new Set<number>();
  readonly #key: DrawKey;
  #draws = 0;

  constructor(key: DrawKey) {
    this.#key = key;
  }

  get memoryBytes(): number {
    const { size } = this.#unstable;
    return 500 + 48 * (size + this.bits.count + this.#suspect.size + this.#torn.size);
  }

  randomByte(): number {
    return draw32(this.#key, this.#draws++) >>> 24;
  }

  /** One of a few, at random. */
  pick<const Item>(items: readonly [Item, ...Item[]]): Item {
    return items[(this.randomByte() * items.length) >> 8] ?? items[0];
  }

  setUnstable(address: number, mask: number): void {
    if (mask !== 0) this.#unstable.set(address, (this.#unstable.get(address) ?? 0) | mask);
  }

  suspect(granule: number): void {
    this.#suspect.add(granule);
  }

  isSuspect(granule: number): boolean {
    return this.#suspect.has(granule);
  }

  tear(granule: number): void {
    this.#torn.add(granule);
  }

  /** The first granule known to be torn among those of `[start, end)`, in granules. */
  tornIn(start: number, end: number): number | undefined {
    return keysIn(this.#torn, start, end)[0];
  }

  /** A complete program of whole granules drives the bits that `source` has clear. */
  program(address: number, source: Uint8Array, granuleBytes: number): void {
    this.bits.program(address, source);
    const end = address + source.length;
    for (const at of keysIn(this.#unstable, address, end)) {
      const mask = (this.#unstable.get(at) ?? 0) & (source[at - address] ?? 0);
      if (mask === 0) this.#unstable.delete(at);
      else this.#unstable.set(at, mask);
    }
    this.#restoreGranules(address / granuleBytes, end / granuleBytes);
  }

  /** An erase mends everything but stuck bits. */
  erase(start: number, end: number, granuleBytes: number): void {
    this.bits.erase(start, end);
    for (const at of keysIn(this.#unstable, start, end)) this.#unstable.delete(at);
    this.#restoreGranules(start / granuleBytes, end / granuleBytes);
  }

  /** What the sense amplifiers make of `target`, the stored bytes from `address` on. */
  distort(address: number, target: Uint8Array): void {
    for (const at of keysIn(this.#unstable, address, address + target.length)) {
      const mask = this.#unstable.get(at) ?? 0;
      const index = at - address;
      target[index] = ((target[index] ?? 0) & ~mask) | (this.randomByte() & mask);
    }
    this.bits.applyStuck(address, target);
  }

  clone(): CellFaults {
    const copy = new CellFaults(this.#key);
    for (const [index, cut] of this.cuts) copy.cuts.set(index, cut);
    copy.failures.copyFrom(this.failures);
    copy.bits.copyFrom(this.bits);
    copy.corrected = this.corrected;
    for (const [address, mask] of this.#unstable) copy.#unstable.set(address, mask);
    for (const granule of this.#suspect) copy.#suspect.add(granule);
    for (const granule of this.#torn) copy.#torn.add(granule);
    copy.#draws = this.#draws;
    return copy;
  }

  #restoreGranules(start: number, end: number): void {
    for (const damaged of [this.#suspect, this.#torn]) {
      for (const granule of keysIn(damaged, start, end)) damaged.delete(granule);
    }
  }
}
