import { keysIn } from "./spans.ts";

/** Single bits that read otherwise than they were programmed: charge that leaked, cells that died. */
export class BitErrors {
  /** Byte address to the bits that read inverted until they are erased or driven again. */
  readonly #flipped = new Map<number, number>();
  /** Byte address to the bits that nothing can mend: `value` holds what they read. */
  readonly #stuck = new Map<number, { readonly mask: number; readonly value: number }>();

  get count(): number {
    return this.#flipped.size + this.#stuck.size;
  }

  flip(address: number, bit: number): void {
    this.#setFlipped(address, (this.#flipped.get(address) ?? 0) ^ (1 << bit));
  }

  /** As {@link flip}, but a bit that has flipped already stays so. */
  leak(address: number, bit: number): void {
    this.#setFlipped(address, (this.#flipped.get(address) ?? 0) | (1 << bit));
  }

  stick(address: number, bit: number, isSet: boolean): void {
    const old = this.#stuck.get(address) ?? { mask: 0, value: 0 };
    this.#stuck.set(address, {
      mask: old.mask | (1 << bit),
      value: isSet ? old.value | (1 << bit) : old.value & ~(1 << bit),
    });
  }

  /** A program drives the bits that `source` has clear, whatever had become of them. */
  program(address: number, source: Uint8Array): void {
    for (const at of keysIn(this.#flipped, address, address + source.length)) {
      const mask = this.#flipped.get(at) ?? 0;
      this.#setFlipped(at, mask & (source[at - address] ?? 0));
    }
  }

  erase(start: number, end: number): void {
    for (const at of keysIn(this.#flipped, start, end)) this.#flipped.delete(at);
  }

  /** Inverts what has leaked in `target`, the bytes from `address` on. */
  applyFlipped(address: number, target: Uint8Array): void {
    for (const at of keysIn(this.#flipped, address, address + target.length)) {
      const index = at - address;
      target[index] = (target[index] ?? 0) ^ (this.#flipped.get(at) ?? 0);
    }
  }

  applyStuck(address: number, target: Uint8Array): void {
    for (const at of keysIn(this.#stuck, address, address + target.length)) {
      const index = at - address;
      const { mask, value } = this.#stuck.get(at) ?? { mask: 0, value: 0 };
      target[index] = ((target[index] ?? 0) & ~mask) | value;
    }
  }

  /** Addresses in `[start, end)` whose bits may read wrongly. */
  addressesIn(start: number, end: number): readonly number[] {
    if (this.count === 0) return [];
    return [...keysIn(this.#flipped, start, end), ...keysIn(this.#stuck, start, end)];
  }

  copyFrom(other: BitErrors): void {
    for (const [address, mask] of other.#flipped) this.#flipped.set(address, mask);
    for (const [address, bits] of other.#stuck) this.#stuck.set(address, bits);
  }

  #setFlipped(address: number, mask: number): void {
    if (mask === 0) this.#flipped.delete(address);
    else this.#flipped.set(address, mask);
  }
}
