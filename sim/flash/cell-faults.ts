import { type DrawKey, draw32 } from "../kernel/draws.ts";
import type { Cut } from "./cuts.ts";

export interface FailureRule {
  readonly operation: "read" | "program" | "erase";
  count: number;
  readonly start: number;
  readonly end: number;
}

/** Everything that is wrong with the cells of one flash, and all that is going to go wrong. */
export class CellFaults {
  readonly cuts = new Map<number, Cut>();
  readonly #failures: FailureRule[] = [];
  /** Byte address to the bits that read at random until erased. */
  readonly #unstable = new Map<number, number>();
  /** Byte address to the bits that an erase cannot mend: `value` holds what they read. */
  readonly #stuck = new Map<number, { readonly mask: number; readonly value: number }>();
  /** Granules that a cut left programmed although they may read erased. */
  readonly #suspect = new Set<number>();
  readonly #key: DrawKey;
  #draws = 0;

  constructor(key: DrawKey) {
    this.#key = key;
  }

  get memoryBytes(): number {
    return 400 + 48 * (this.#unstable.size + this.#stuck.size + this.#suspect.size);
  }

  randomByte(): number {
    return draw32(this.#key, this.#draws++) >>> 24;
  }

  fail(rule: FailureRule): void {
    this.#failures.push(rule);
  }

  /** Does this operation fail? Takes the count of the rule that says so down. */
  isFailing(operation: FailureRule["operation"], start: number, end: number): boolean {
    for (const rule of this.#failures) {
      if (rule.operation !== operation || start >= rule.end || end <= rule.start) continue;
      if (rule.count <= 0) continue;
      rule.count -= 1;
      return true;
    }
    return false;
  }

  setUnstable(address: number, mask: number): void {
    if (mask !== 0) this.#unstable.set(address, mask);
  }

  stick(address: number, bit: number, value: 0 | 1): void {
    const old = this.#stuck.get(address) ?? { mask: 0, value: 0 };
    this.#stuck.set(address, {
      mask: old.mask | (1 << bit),
      value: (old.value & ~(1 << bit)) | (value << bit),
    });
  }

  suspect(granule: number): void {
    this.#suspect.add(granule);
  }

  isSuspect(granule: number): boolean {
    return this.#suspect.has(granule);
  }

  /** An erase mends everything but stuck bits. */
  erase(start: number, end: number, granuleBytes: number): void {
    for (const address of this.#unstable.keys()) {
      if (address >= start && address < end) this.#unstable.delete(address);
    }
    for (const granule of this.#suspect) {
      const address = granule * granuleBytes;
      if (address >= start && address < end) this.#suspect.delete(granule);
    }
  }

  /** What the sense amplifiers make of `target`, the true bytes from `address` on. */
  distort(address: number, target: Uint8Array): void {
    for (const [at, mask] of this.#unstable) {
      const index = at - address;
      if (index < 0 || index >= target.length) continue;
      target[index] = ((target[index] as number) & ~mask) | (this.randomByte() & mask);
    }
    for (const [at, { mask, value }] of this.#stuck) {
      const index = at - address;
      if (index < 0 || index >= target.length) continue;
      target[index] = ((target[index] as number) & ~mask) | value;
    }
  }

  clone(): CellFaults {
    const copy = new CellFaults(this.#key);
    for (const [index, cut] of this.cuts) copy.cuts.set(index, cut);
    for (const rule of this.#failures) copy.#failures.push({ ...rule });
    for (const [address, mask] of this.#unstable) copy.#unstable.set(address, mask);
    for (const [address, bits] of this.#stuck) copy.#stuck.set(address, bits);
    for (const granule of this.#suspect) copy.#suspect.add(granule);
    copy.#draws = this.#draws;
    return copy;
  }
}
