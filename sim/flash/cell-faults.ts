import { type DrawKey, draw32, drawBelow, drawKey } from "../kernel/draws.ts";
import { BitErrors } from "./bit-errors.ts";
import type { Cut, FlashOperationKind } from "./cuts.ts";
import { FailureRules, type FaultEffect } from "./failures.ts";
import { keysIn } from "./spans.ts";

const TORN_PROGRAMS = ["prefix", "unstable", "partialBits"] as const;
const TORN_ERASES = [
  "halfErase",
  "randomErase",
  "marginalErase",
  "unstable",
  "partialBits",
] as const;

/** Everything that is wrong with the cells of one flash, and all that is going to go wrong. */
export class CellFaults {
  readonly cuts = new Map<number, Cut>();
  readonly failures = new FailureRules<FaultEffect>();
  /** Operations that will take as long as they ever do. */
  readonly slow = new FailureRules<true>();
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
  #rotten = 0;

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

  /** How an operation is left that fails with `effect`. */
  cutOf(effect: FaultEffect, kind: FlashOperationKind, sizeBytes: number): Cut {
    if (effect === "none") return { kind: "notDone" };
    if (effect === "done") return { kind: "doneButLost" };
    if (effect !== "torn") return effect;
    const torn = kind === "erase" ? TORN_ERASES : TORN_PROGRAMS;
    const drawn = torn[(this.randomByte() * torn.length) >> 8] ?? "partialBits";
    return drawn === "prefix" ? { kind: drawn, bytes: sizeBytes >> 1 } : { kind: drawn };
  }

  /** So many bits of the span leak; some may have leaked before. */
  rot(count: number, start: number, end: number): void {
    const key = drawKey(this.#key, 0, "rot");
    for (let time = 0; time < count; time++) {
      const bit = drawBelow(key, this.#rotten++, 8 * (end - start));
      this.bits.leak(start + Math.floor(bit / 8), bit % 8);
    }
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
    copy.slow.copyFrom(this.slow);
    copy.bits.copyFrom(this.bits);
    copy.corrected = this.corrected;
    for (const [address, mask] of this.#unstable) copy.#unstable.set(address, mask);
    for (const granule of this.#suspect) copy.#suspect.add(granule);
    for (const granule of this.#torn) copy.#torn.add(granule);
    copy.#draws = this.#draws;
    copy.#rotten = this.#rotten;
    return copy;
  }

  #restoreGranules(start: number, end: number): void {
    for (const damaged of [this.#suspect, this.#torn]) {
      for (const granule of keysIn(damaged, start, end)) damaged.delete(granule);
    }
  }
}
