import type { Flash } from "#hal/ports.ts";
import { sectorsOf } from "../flash/sectors.ts";
import type { EmbassyShape } from "./embassy-layout.ts";
import type { Region } from "./strategy.ts";

/**
 * What embassy-boot 0.7 means by the magic word, each byte of which is the same. Any other word is
 * `boot` too.
 */
export type EmbassyMagic = "boot" | "swap" | "revert" | "dfuDetach";

const MAGIC_BYTES: Readonly<Record<EmbassyMagic, number>> = {
  boot: 0xd0,
  swap: 0xf0,
  revert: 0xc0,
  dfuDetach: 0xe0,
};

const MAGIC_WORD = 0;
const VALIDITY_WORD = 1;
const PROGRESS_WORD = 2;

/**
 * The words of STATE, read and written as embassy-boot 0.7 does, one operation a method: magic,
 * validity of the progress (erased: valid), and a word for each half-step, which counts as done
 * when none of its bytes is erased.
 */
export class EmbassyState {
  readonly #flash: Flash;
  readonly #region: Region;
  readonly #shape: EmbassyShape;
  readonly #word: Uint8Array;

  constructor(flash: Flash, region: Region, shape: EmbassyShape) {
    this.#flash = flash;
    this.#region = region;
    this.#shape = shape;
    this.#word = new Uint8Array(shape.wordBytes);
  }

  readMagic(): EmbassyMagic {
    const word = this.#read(MAGIC_WORD);
    for (const magic of ["swap", "dfuDetach", "revert"] as const) {
      if (word.every((byte) => byte === MAGIC_BYTES[magic])) return magic;
    }
    return "boot";
  }

  isMagic(magic: EmbassyMagic): boolean {
    return this.#read(MAGIC_WORD).every((byte) => byte === MAGIC_BYTES[magic]);
  }

  isProgressValid(): boolean {
    return this.#read(VALIDITY_WORD).every((byte) => byte === this.#shape.erasedByte);
  }

  /**
   * Half-steps done. Invalid progress counts as all that STATE could ever hold: one less than
   * there are when STATE is as small as embassy-boot allows.
   */
  progress(): number {
    const most = this.#shape.stateWords - 3;
    if (!this.isProgressValid()) return most;
    for (let index = 0; index < most; index++) {
      if (this.mark(index).includes(this.#shape.erasedByte)) return index;
    }
    return most;
  }

  /** The word of half-step `index`; overwritten by the next read. */
  mark(index: number): Uint8Array {
    return this.#read(PROGRESS_WORD + index);
  }

  markDone(index: number): void {
    this.#write(PROGRESS_WORD + index, ~this.#shape.erasedByte);
  }

  invalidate(): void {
    this.#write(VALIDITY_WORD, ~this.#shape.erasedByte);
  }

  erase(): void {
    for (const sector of sectorsOf(this.#flash.geometry, this.#region)) this.#flash.erase(sector);
  }

  writeMagic(magic: EmbassyMagic): void {
    this.#write(MAGIC_WORD, MAGIC_BYTES[magic]);
  }

  /** Three steps, unless it is set already. */
  setMagic(magic: EmbassyMagic): void {
    if (this.isMagic(magic)) return;
    if (this.isProgressValid()) this.invalidate();
    this.erase();
    this.writeMagic(magic);
  }

  #read(index: number): Uint8Array {
    this.#flash.read(this.#region.address + index * this.#shape.wordBytes, this.#word);
    return this.#word;
  }

  #write(index: number, byte: number): void {
    this.#word.fill(byte);
    this.#flash.program(this.#region.address + index * this.#shape.wordBytes, this.#word);
  }
}
