/**
 * AES-128 and AES-CMAC for what a LoRaWAN device needs: very many very short messages.
 *
 * Below a few hundred bytes a call into OpenSSL costs more than the encryption, so short inputs take
 * the block function of @noble/ciphers; an image takes OpenSSL, which is as fast as memory there.
 */
import { createCipheriv } from "node:crypto";
import { unsafe } from "@noble/ciphers/aes.js";
import type { Digest } from "#hal/ports.ts";

export const BLOCK_BYTES = 16;
const ZERO_BLOCK = new Uint8Array(BLOCK_BYTES);

/** One key, ready for use. */
export interface AesKey {
  readonly bytes: Uint8Array;
  readonly schedule: Uint32Array;
  /** CMAC subkeys for a last block that is complete, and for one that is padded (RFC 4493). */
  readonly macComplete: Uint8Array;
  readonly macPadded: Uint8Array;
}

export function expandKey(key: Uint8Array): AesKey {
  const bytes = new Uint8Array(key);
  const schedule = unsafe.expandKeyLE(bytes);
  const secret = ZERO_BLOCK.slice();
  encryptBlock(schedule, secret, 0);
  const macComplete = doubled(secret);
  return { bytes, schedule, macComplete, macPadded: doubled(macComplete) };
}

/** Encrypts the 16 bytes at `at` in place. */
export function encryptBlock(schedule: Uint32Array, data: Uint8Array, at: number): void {
  const out = unsafe.encrypt(
    schedule,
    loadWord(data, at),
    loadWord(data, at + 4),
    loadWord(data, at + 8),
    loadWord(data, at + 12),
  );
  storeWord(data, at, out.s0);
  storeWord(data, at + 4, out.s1);
  storeWord(data, at + 8, out.s2);
  storeWord(data, at + 12, out.s3);
}

/** Longer messages chain their blocks through OpenSSL. */
const SHORT_BYTES_MAX = 512;

/** AES-CMAC; the last block is held back until it is known to be the last. */
export class Cmac implements Digest {
  readonly #key: AesKey;
  readonly #state = new Uint8Array(BLOCK_BYTES);
  readonly #held = new Uint8Array(BLOCK_BYTES);
  #heldBytes = 0;

  constructor(key: AesKey) {
    this.#key = key;
  }

  update(bytes: Uint8Array): void {
    let at = 0;
    if (this.#heldBytes > 0) at = this.#fill(bytes, 0);
    if (at === bytes.length) return;
    if (this.#heldBytes === BLOCK_BYTES) this.#absorbHeld();
    const whole = (Math.ceil((bytes.length - at) / BLOCK_BYTES) - 1) * BLOCK_BYTES;
    if (whole > SHORT_BYTES_MAX) this.#absorbLong(bytes.subarray(at, at + whole));
    else for (let next = at; next < at + whole; next += BLOCK_BYTES) this.#absorb(bytes, next);
    this.#fill(bytes, at + whole);
  }

  digest(): Uint8Array {
    const isComplete = this.#heldBytes === BLOCK_BYTES;
    const last = this.#held;
    if (!isComplete) {
      last.fill(0, this.#heldBytes);
      last[this.#heldBytes] = 0x80;
    }
    const subkey = isComplete ? this.#key.macComplete : this.#key.macPadded;
    xorInto(this.#state, subkey, 0);
    this.#absorb(last, 0);
    return this.#state.slice();
  }

  /** Takes what fits into the held block; returns where it stopped. */
  #fill(bytes: Uint8Array, at: number): number {
    const take = Math.min(BLOCK_BYTES - this.#heldBytes, bytes.length - at);
    for (let index = 0; index < take; index++) {
      this.#held[this.#heldBytes + index] = bytes[at + index] ?? 0;
    }
    this.#heldBytes += take;
    return at + take;
  }

  #absorbHeld(): void {
    this.#absorb(this.#held, 0);
    this.#heldBytes = 0;
  }

  #absorb(bytes: Uint8Array, at: number): void {
    xorInto(this.#state, bytes, at);
    encryptBlock(this.#key.schedule, this.#state, 0);
  }

  /** CBC with the state as IV is the same chain. */
  #absorbLong(blocks: Uint8Array): void {
    const chain = createCipheriv("aes-128-cbc", this.#key.bytes, this.#state);
    const out = chain.setAutoPadding(false).update(blocks);
    this.#state.set(out.subarray(out.length - BLOCK_BYTES));
  }
}

function xorInto(target: Uint8Array, bytes: Uint8Array, at: number): void {
  for (let index = 0; index < BLOCK_BYTES; index++) {
    target[index] = (target[index] ?? 0) ^ (bytes[at + index] ?? 0);
  }
}

/** Multiplication by x in GF(2^128). */
function doubled(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(BLOCK_BYTES);
  let carry = 0;
  for (let index = BLOCK_BYTES - 1; index >= 0; index--) {
    const byte = block[index] ?? 0;
    out[index] = (byte << 1) | carry;
    carry = byte >>> 7;
  }
  if (carry !== 0) out[BLOCK_BYTES - 1] = (out[BLOCK_BYTES - 1] ?? 0) ^ 0x87;
  return out;
}

function loadWord(data: Uint8Array, at: number): number {
  const low = (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8);
  return (low | ((data[at + 2] ?? 0) << 16) | ((data[at + 3] ?? 0) << 24)) >>> 0;
}

function storeWord(data: Uint8Array, at: number, word: number): void {
  data[at] = word;
  data[at + 1] = word >>> 8;
  data[at + 2] = word >>> 16;
  data[at + 3] = word >>> 24;
}
