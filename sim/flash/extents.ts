import type { SharedContent } from "./shared-content.ts";

/** Words per extent: start, end, base, source. */
const WORDS = 4;

/**
 * Programmed spans whose bytes are shared: address `a` of an extent reads `source[a - base]`.
 * Sorted, disjoint, neighbours of one source and base merged: a bank that holds the reference
 * image is a single extent, whatever the order in which it was programmed.
 */
export class ExtentList {
  #words = new Int32Array(2 * WORDS);
  #count = 0;
  /** The extent that grew last: the next program mostly goes on after it. */
  #last = 0;

  get count(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    return this.#words.byteLength + 120;
  }

  /** Does any extent overlap `[start, end)`? */
  overlaps(start: number, end: number): boolean {
    const index = this.#firstEndingAfter(start);
    return index < this.#count && (this.#words[index * WORDS] as number) < end;
  }

  /** Adds a span that overlaps nothing. */
  add(start: number, end: number, base: number, source: number): void {
    const next = this.#firstEndingAfter(start);
    const joinsLeft =
      next > 0 && this.#at(next - 1, 1) === start && this.#isOf(next - 1, base, source);
    const joinsRight =
      next < this.#count && this.#at(next, 0) === end && this.#isOf(next, base, source);
    if (joinsLeft && joinsRight) {
      this.#set(next - 1, 1, this.#at(next, 1));
      this.#delete(next, 1);
    } else if (joinsLeft) {
      this.#set(next - 1, 1, end);
      this.#last = next - 1;
    } else if (joinsRight) {
      this.#set(next, 0, start);
    } else {
      this.#insert(next, start, end, base, source);
    }
  }

  /** Forgets `[start, end)`, cutting extents that reach over it. */
  remove(start: number, end: number): void {
    let index = this.#firstEndingAfter(start);
    if (index < this.#count && this.#at(index, 0) < start) {
      const oldEnd = this.#at(index, 1);
      this.#set(index, 1, start);
      index += 1;
      if (oldEnd > end) {
        this.#insert(index, end, oldEnd, this.#at(index - 1, 2), this.#at(index - 1, 3));
        return;
      }
    }
    let last = index;
    while (last < this.#count && this.#at(last, 1) <= end) last += 1;
    if (last < this.#count && this.#at(last, 0) < end) this.#set(last, 0, end);
    if (last > index) this.#delete(index, last - index);
  }

  /** Copies what overlaps `target`, which stands for the bytes from `address` on. */
  copyInto(address: number, target: Uint8Array, content: SharedContent): void {
    const end = address + target.length;
    for (let index = this.#firstEndingAfter(address); index < this.#count; index++) {
      const start = Math.max(this.#at(index, 0), address);
      const stop = Math.min(this.#at(index, 1), end);
      if (start >= stop) return;
      const bytes = content.bytesOf(this.#at(index, 3));
      const offset = start - this.#at(index, 2);
      if (stop - start < 64) {
        for (let at = 0; at < stop - start; at++) {
          target[start - address + at] = bytes[offset + at] as number;
        }
      } else {
        target.set(bytes.subarray(offset, offset + stop - start), start - address);
      }
    }
  }

  copyFrom(other: ExtentList): void {
    this.#count = other.#count;
    this.#last = 0;
    const used = other.#count * WORDS;
    if (this.#words.length < used) this.#words = other.#words.slice(0, used);
    else this.#words.set(other.#words.subarray(0, used));
  }

  #firstEndingAfter(address: number): number {
    const words = this.#words;
    const next = this.#last + 1;
    if (next <= this.#count && (words[next * WORDS - 3] as number) <= address) {
      if (next === this.#count || (words[next * WORDS + 1] as number) > address) return next;
    }
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((words[middle * WORDS + 1] as number) <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(index: number, start: number, end: number, base: number, source: number): void {
    if ((this.#count + 1) * WORDS > this.#words.length) {
      const grown = new Int32Array((this.#count + (this.#count >> 1) + 2) * WORDS);
      grown.set(this.#words);
      this.#words = grown;
    }
    if (index < this.#count) {
      this.#words.copyWithin((index + 1) * WORDS, index * WORDS, this.#count * WORDS);
    }
    this.#count += 1;
    this.#last = index;
    this.#set(index, 0, start);
    this.#set(index, 1, end);
    this.#set(index, 2, base);
    this.#set(index, 3, source);
  }

  #delete(index: number, count: number): void {
    this.#words.copyWithin(index * WORDS, (index + count) * WORDS, this.#count * WORDS);
    this.#count -= count;
  }

  #isOf(index: number, base: number, source: number): boolean {
    return this.#at(index, 2) === base && this.#at(index, 3) === source;
  }

  #at(index: number, word: 0 | 1 | 2 | 3): number {
    return this.#words[index * WORDS + word] as number;
  }

  #set(index: number, word: 0 | 1 | 2 | 3, value: number): void {
    this.#words[index * WORDS + word] = value;
  }
}
