import type { Digest } from "#hal/ports.ts";

/** MurmurHash3 by Austin Appleby (public domain), with seed 0, as digests that run. */

const BLOCK_BYTES = 16;
const U64 = (value: bigint) => BigInt.asUintN(64, value);
const rotl32 = (word: number, by: number) => (word << by) | (word >>> (32 - by));
const rotl64 = (word: bigint, by: bigint) => U64(word << by) | (word >> (64n - by));

/** Cuts what comes into whole blocks; what is left over waits for the next bytes, or the end. */
abstract class Blocks implements Digest {
  protected lengthBytes = 0;
  /** Zeros behind what waits. */
  readonly #waiting = new Uint8Array(BLOCK_BYTES);

  update(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const filled = this.lengthBytes % BLOCK_BYTES;
      const count = Math.min(BLOCK_BYTES - filled, bytes.length - at);
      this.lengthBytes += count;
      if (count === BLOCK_BYTES) {
        this.block(new DataView(bytes.buffer, bytes.byteOffset + at, count));
      } else {
        this.#waiting.set(bytes.subarray(at, at + count), filled);
        if (filled + count === BLOCK_BYTES) {
          this.block(new DataView(this.#waiting.buffer));
          this.#waiting.fill(0);
        }
      }
      at += count;
    }
  }

  digest(): Uint8Array {
    return this.end(new DataView(this.#waiting.buffer), this.lengthBytes % BLOCK_BYTES);
  }

  protected abstract block(block: DataView): void;
  /** `tail` is what waits, `tailBytes` of it, padded with zeros. */
  protected abstract end(tail: DataView, tailBytes: number): Uint8Array;
}

/** MurmurHash3_x86_32; four of its blocks at a time. */
export class Murmur3x86 extends Blocks {
  #h = 0;

  protected block(block: DataView): void {
    for (let at = 0; at < BLOCK_BYTES; at += 4) this.#word(block.getUint32(at, true));
  }

  protected end(tail: DataView, tailBytes: number): Uint8Array {
    let at = 0;
    for (; at + 4 <= tailBytes; at += 4) this.#word(tail.getUint32(at, true));
    if (at < tailBytes) this.#h ^= scramble32(tail.getUint32(at, true));
    let h = this.#h ^ this.lengthBytes;
    h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, h ^ (h >>> 16), true);
    return bytes;
  }

  #word(word: number): void {
    this.#h = (Math.imul(rotl32(this.#h ^ scramble32(word), 13), 5) + 0xe654_6b64) | 0;
  }
}

function scramble32(word: number): number {
  return Math.imul(rotl32(Math.imul(word, 0xcc9e_2d51), 15), 0x1b87_3593);
}

const C1 = 0x87c3_7b91_1142_53d5n;
const C2 = 0x4cf5_ad43_2745_937fn;

/** MurmurHash3_x64_128. */
export class Murmur3x64 extends Blocks {
  #h1 = 0n;
  #h2 = 0n;

  protected block(block: DataView): void {
    this.#h1 ^= scrambleLow(block.getBigUint64(0, true));
    this.#h1 = U64(U64(rotl64(this.#h1, 27n) + this.#h2) * 5n + 0x52dc_e729n);
    this.#h2 ^= scrambleHigh(block.getBigUint64(8, true));
    this.#h2 = U64(U64(rotl64(this.#h2, 31n) + this.#h1) * 5n + 0x3849_5ab5n);
  }

  protected end(tail: DataView): Uint8Array {
    const length = BigInt(this.lengthBytes);
    let h1 = this.#h1 ^ scrambleLow(tail.getBigUint64(0, true)) ^ length;
    let h2 = this.#h2 ^ scrambleHigh(tail.getBigUint64(8, true)) ^ length;
    h1 = U64(h1 + h2);
    h2 = U64(h2 + h1);
    h1 = finish64(h1);
    h2 = finish64(h2);
    h1 = U64(h1 + h2);
    h2 = U64(h2 + h1);
    const bytes = new Uint8Array(BLOCK_BYTES);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, h1, true);
    view.setBigUint64(8, h2, true);
    return bytes;
  }
}

function scrambleLow(word: bigint): bigint {
  return U64(rotl64(U64(word * C1), 31n) * C2);
}

function scrambleHigh(word: bigint): bigint {
  return U64(rotl64(U64(word * C2), 33n) * C1);
}

function finish64(word: bigint): bigint {
  let h = word ^ (word >> 33n);
  h = U64(h * 0xff51_afd7_ed55_8ccdn);
  h ^= h >> 33n;
  h = U64(h * 0xc4ce_b9fe_1a85_ec53n);
  return h ^ (h >> 33n);
}
