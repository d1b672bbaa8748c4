import type { FlashLayout } from "#agent/boot/layout.ts";
import type { Region } from "#agent/boot/strategy.ts";

/** Content that many devices will hold at the same place: an image at the address of a bank. */
export interface Reference {
  readonly address: number;
  /** Never written to again. */
  readonly bytes: Uint8Array;
}

/** Programs shorter than this cost less as private bytes than as an extent. */
const INTERNED_BYTES_MIN = 32;
/** References are padded with erased bytes to whole granules of any size. */
const PAD_BYTES = 32;
const INTERNED_TOTAL_MAX_BYTES = 64 << 20;

/**
 * Immutable bytes that the flashes of one cell share, so that a device costs what makes it
 * different: images it was sent or born with, and equal chunks (coded fragments, boot records).
 *
 * Every byte is compared before it is shared: sharing saves memory, never trust.
 */
export class SharedContent {
  readonly #sources: Uint8Array[] = [];
  readonly #references: readonly Reference[];
  readonly #interned: readonly Region[];
  readonly #byHash = new Map<number, number>();
  /** Next source with the same hash, or -1. */
  readonly #nextOfHash: number[] = [];
  #lastInterned = -1;
  #internedBytes = 0;

  /** `interned`: where equal programs of 32 bytes and more are kept once for all devices. */
  constructor(references: readonly Reference[], interned: readonly Region[] = []) {
    this.#references = references;
    this.#interned = interned;
    for (const { bytes } of references) {
      const padded = new Uint8Array(Math.ceil(bytes.length / PAD_BYTES) * PAD_BYTES).fill(0xff);
      padded.set(bytes);
      this.#add(padded);
    }
  }

  /** For a fleet: `factory` in bank A, `update` in either bank, equal records and coded fragments. */
  static forLayout(layout: FlashLayout, factory: Uint8Array, update: Uint8Array): SharedContent {
    const [bankA, bankB] = layout.banks;
    return new SharedContent(
      [
        { address: bankB.address, bytes: update },
        { address: bankA.address, bytes: factory },
        { address: bankA.address, bytes: update },
      ],
      [layout.scratch, ...layout.state],
    );
  }

  /** The reference that holds `source` at `address`, or -1. */
  match(address: number, source: Uint8Array): number {
    const references = this.#references;
    for (let id = 0; id < references.length; id++) {
      const reference = references[id] as Reference;
      const bytes = this.#sources[id] as Uint8Array;
      const offset = address - reference.address;
      if (offset < 0 || offset + source.length > bytes.length) continue;
      if (isSameMemory(source, reference.bytes, offset)) return id;
      if (equalAt(bytes, offset, source)) return id;
    }
    return -1;
  }

  /** The address at which reference `id` begins. */
  addressOf(id: number): number {
    return (this.#references[id] as Reference).address;
  }

  /** A shared copy of a program in an interned region, or -1 when it is better kept privately. */
  intern(address: number, source: Uint8Array): number {
    if (source.length < INTERNED_BYTES_MIN || !this.#isInterned(address, source.length)) return -1;
    if (this.#lastInterned >= 0 && this.#isEqual(this.#lastInterned, source)) {
      return this.#lastInterned;
    }
    const hash = hashOf(source);
    const first = this.#byHash.get(hash) ?? -1;
    for (let id = first; id >= 0; id = this.#nextOfHash[id] as number) {
      if (this.#isEqual(id, source)) {
        this.#lastInterned = id;
        return id;
      }
    }
    if (this.#internedBytes + source.length > INTERNED_TOTAL_MAX_BYTES) return -1;
    this.#internedBytes += source.length;
    const id = this.#add(source.slice());
    this.#nextOfHash[id] = first;
    this.#byHash.set(hash, id);
    this.#lastInterned = id;
    return id;
  }

  bytesOf(id: number): Uint8Array {
    return this.#sources[id] as Uint8Array;
  }

  /** What the pool itself holds, for all its devices together. */
  get memoryBytes(): number {
    let total = 0;
    for (const bytes of this.#sources) total += bytes.length + 150;
    return total + 60 * this.#byHash.size;
  }

  #add(bytes: Uint8Array): number {
    this.#sources.push(bytes);
    this.#nextOfHash.push(-1);
    return this.#sources.length - 1;
  }

  #isInterned(address: number, sizeBytes: number): boolean {
    return this.#interned.some(
      (region) =>
        address >= region.address && address + sizeBytes <= region.address + region.sizeBytes,
    );
  }

  #isEqual(id: number, source: Uint8Array): boolean {
    const bytes = this.#sources[id] as Uint8Array;
    return bytes.length === source.length && equalAt(bytes, 0, source);
  }
}

/** `source` is the reference itself at that offset: equal without looking. */
function isSameMemory(source: Uint8Array, reference: Uint8Array, offset: number): boolean {
  return (
    source.buffer === reference.buffer &&
    source.byteOffset === reference.byteOffset + offset &&
    offset + source.length <= reference.length
  );
}

function equalAt(bytes: Uint8Array, offset: number, source: Uint8Array): boolean {
  for (let index = 0; index < source.length; index++) {
    if (bytes[offset + index] !== source[index]) return false;
  }
  return true;
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < bytes.length; index++) {
    hash = Math.imul(hash ^ (bytes[index] as number), 0x0100_0193);
  }
  return hash;
}
