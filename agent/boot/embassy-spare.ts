import type { Flash } from "#hal/ports.ts";
import { holds, reads, succeeds } from "../flash/faults.ts";
import { roundUp } from "../flash/sectors.ts";
import { crc32 } from "./crc32.ts";
import { type EmbassyShape, NOTE_BYTES, progressWords, SEAL_BYTES } from "./embassy-layout.ts";
import type { Region } from "./strategy.ts";

/** What a swap puts into ACTIVE. */
export interface SwapTarget {
  readonly updateId: number;
  readonly hashPrefix: bigint;
}

/**
 * The end of STATE, which embassy-boot erases with the rest and reads only when all progress words
 * are done, to the same end whatever it finds. Each entry has a CRC-32.
 *
 * First a seal: update id u32, hash prefix u64, CRC. Then notes, each for a half-step whose mark is
 * not to be trusted: index u16, its complement, CRC. Little endian, each in granules of its own.
 */
export class SpareWords {
  readonly #flash: Flash;
  readonly #sealAddress: number;
  readonly #sealBytes: number;
  readonly #noteBytes: number;
  readonly #noteSlots: number;
  readonly #erasedByte: number;

  constructor(flash: Flash, region: Region, { pages, wordBytes, erasedByte }: EmbassyShape) {
    const used = progressWords(pages) * wordBytes;
    this.#flash = flash;
    this.#sealAddress = region.address + used;
    this.#sealBytes = roundUp(SEAL_BYTES, wordBytes);
    this.#noteBytes = roundUp(NOTE_BYTES, wordBytes);
    this.#erasedByte = erasedByte;
    const left = region.sizeBytes - used - this.#sealBytes;
    if (left < 0) {
      throw new RangeError(`STATE must have ${-left} bytes more, for a seal behind the progress`);
    }
    this.#noteSlots = Math.floor(left / this.#noteBytes);
  }

  seal(target: SwapTarget): void {
    this.#flash.program(this.#sealAddress, this.#sealOf(target));
  }

  isSealed(target: SwapTarget): boolean {
    return holds(this.#flash, this.#sealAddress, this.#sealOf(target));
  }

  /** Highest half-step that is noted as done; -1 without notes. */
  highestNoted(): number {
    let highest = -1;
    for (let slot = 0; slot < this.#noteSlots; slot++) {
      const index = this.#noteIn(slot);
      if (index !== undefined && index > highest) highest = index;
    }
    return highest;
  }

  /** Best effort: when no slot takes it, the next mark will do. */
  note(index: number): void {
    const bytes = this.#noteOf(index);
    for (let slot = 0; slot < this.#noteSlots; slot++) {
      const address = this.#noteAddress(slot);
      if (!this.#isBlank(address)) continue;
      if (!succeeds(() => this.#flash.program(address, bytes))) continue;
      if (holds(this.#flash, address, bytes)) return;
    }
  }

  #sealOf({ updateId, hashPrefix }: SwapTarget): Uint8Array {
    const bytes = new Uint8Array(this.#sealBytes).fill(this.#erasedByte);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, updateId, true);
    view.setBigUint64(4, hashPrefix, true);
    view.setUint32(12, crc32(bytes.subarray(0, 12)), true);
    return bytes;
  }

  #noteOf(index: number): Uint8Array {
    const bytes = new Uint8Array(this.#noteBytes).fill(this.#erasedByte);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, index, true);
    view.setUint16(2, ~index, true);
    view.setUint32(4, crc32(bytes.subarray(0, 4)), true);
    return bytes;
  }

  #noteIn(slot: number): number | undefined {
    const bytes = new Uint8Array(this.#noteBytes);
    if (!reads(this.#flash, this.#noteAddress(slot), bytes)) return undefined;
    const index = new DataView(bytes.buffer).getUint16(0, true);
    return this.#noteOf(index).every((byte, at) => byte === bytes[at]) ? index : undefined;
  }

  #noteAddress(slot: number): number {
    return this.#sealAddress + this.#sealBytes + slot * this.#noteBytes;
  }

  #isBlank(address: number): boolean {
    return holds(this.#flash, address, new Uint8Array(this.#noteBytes).fill(this.#erasedByte));
  }
}
