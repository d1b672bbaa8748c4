import type { FlashLayout } from "#agent/boot/layout.ts";
import type { Region } from "#agent/boot/strategy.ts";
import { inverted } from "./inverted.ts";

/** Content that many devices will hold at the same place: an image at the address of a bank. */
export interface Reference {
  readonly address: number;
  /** Never written to again. */
  readonly bytes: Uint8Array;
}

/** One immutable run of bytes; `words` is the same memory, for comparing. */
interface Source {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

/** Programs shorter than this cost less as private bytes than as an extent. */
const INTERNED_BYTES_MIN = 32;
/** References are padded with erased bytes to whole granules of any size. */
const PAD_BYTES = 32;
const INTERNED_TOTAL_MAX_BYTES = 64 << 20;

/**
 * A program is copied here, aligned, so that it can be compared four bytes at a time. In use only
 * within one call.
 */
const staging = new Uint8Array(4096);
const stagingWords = new Int32Array(staging.buffer);

/**
 * Immutable bytes that the flashes of one cell share, so that a device costs what makes it
 * different: images it was sent or born with, and equal chunks (coded fragments, boot records).
 *
 * Every byte is compared before it is shared: sharing saves memory, never trust.
 */
export class SharedContent {
  /** Of the flashes that share it. What they store and look up is inverted where this is 0x00. */
  readonly erasedByte: 0xff | 0x00;
  readonly #references: readonly Reference[];
  readonly #interned: readonly Region[];
  /** The references, then the chunks. */
  readonly #sources: Source[] = [];
  readonly #byHash = new Map<number, number>();
  /** Next source with the same hash, or -1. */
  readonly #nextOfHash: number[] = [];
  /** Where the last reference ends. */
  #referencesEnd = 0;
  #lastChunk = -1;
  #internedBytes = 0;

  /** `interned`: where equal programs of 32 bytes and more are kept once for all devices. */
  constructor(
    references: readonly Reference[],
    interned: readonly Region[] = [],
    erasedByte: 0xff | 0x00 = 0xff,
  ) {
    this.erasedByte = erasedByte;
    this.#references = references;
    this.#interned = interned;
    for (const { address, bytes } of references) {
      const sizeBytes = Math.ceil(bytes.length / PAD_BYTES) * PAD_BYTES;
      this.#add(erasedByte === 0xff ? bytes : inverted(bytes), sizeBytes);
      this.#referencesEnd = Math.max(this.#referencesEnd, address + sizeBytes);
    }
  }

  /**
   * For a fleet: `factory` in bank A, `update` in either bank, equal records and coded fragments.
   * Where images are swapped, `factory` ends in bank B a page further on.
   */
  static forLayout(
    layout: FlashLayout,
    factory: Uint8Array,
    update: Uint8Array,
    erasedByte?: 0xff | 0x00,
  ): SharedContent {
    const [bankA, bankB] = layout.banks;
    return new SharedContent(
      [
        { address: bankB.address, bytes: update },
        { address: bankA.address, bytes: factory },
        { address: bankA.address, bytes: update },
      ],
      [layout.scratch, ...layout.state],
      erasedByte,
    );
  }

  /** What the pool itself holds, for all its devices together. */
  get memoryBytes(): number {
    let total = 0;
    for (const { bytes } of this.#sources) total += bytes.buffer.byteLength + 250;
    return total + 60 * this.#byHash.size;
  }

  /** False where nothing can ever be shared: such spans need not be looked up. */
  covers(address: number, sizeBytes: number): boolean {
    return address < this.#referencesEnd || this.#meetsInterned(address, address + sizeBytes);
  }

  /** The source that holds `program` for this address, or -1: keep it privately. */
  sourceFor(address: number, program: Uint8Array): number {
    if (address < this.#referencesEnd) {
      const references = this.#references;
      for (let id = 0; id < references.length; id++) {
        const offset = address - (references[id] as Reference).address;
        if (offset >= 0 && this.#holds(id, offset, program)) return id;
      }
    }
    if (program.length < INTERNED_BYTES_MIN) return -1;
    return this.#isInterned(address, program.length) ? this.#chunkOf(program) : -1;
  }

  /** The address that byte 0 of a source has when it is used for a program at `address`. */
  baseOf(id: number, address: number): number {
    return this.#references[id]?.address ?? address;
  }

  bytesOf(id: number): Uint8Array {
    return (this.#sources[id] as Source).bytes;
  }

  #chunkOf(program: Uint8Array): number {
    if (this.#lastChunk >= 0 && this.#isChunk(this.#lastChunk, program)) return this.#lastChunk;
    const hash = hashOf(program);
    const first = this.#byHash.get(hash) ?? -1;
    for (let id = first; id >= 0; id = this.#nextOfHash[id] as number) {
      if (this.#isChunk(id, program)) {
        this.#lastChunk = id;
        return id;
      }
    }
    if (this.#internedBytes + program.length > INTERNED_TOTAL_MAX_BYTES) return -1;
    this.#internedBytes += program.length;
    const id = this.#add(program, program.length);
    this.#nextOfHash[id] = first;
    this.#byHash.set(hash, id);
    this.#lastChunk = id;
    return id;
  }

  #isChunk(id: number, program: Uint8Array): boolean {
    return this.bytesOf(id).length === program.length && this.#holds(id, 0, program);
  }

  #add(bytes: Uint8Array, sizeBytes: number): number {
    const buffer = new ArrayBuffer((sizeBytes + 3) & ~3);
    const copy = new Uint8Array(buffer, 0, sizeBytes).fill(0xff);
    copy.set(bytes);
    this.#sources.push({ bytes: copy, words: new Int32Array(buffer) });
    this.#nextOfHash.push(-1);
    return this.#sources.length - 1;
  }

  #isInterned(address: number, sizeBytes: number): boolean {
    const end = address + sizeBytes;
    for (const region of this.#interned) {
      if (address >= region.address && end <= region.address + region.sizeBytes) return true;
    }
    return false;
  }

  #meetsInterned(start: number, end: number): boolean {
    for (const region of this.#interned) {
      if (start < region.address + region.sizeBytes && end > region.address) return true;
    }
    return false;
  }

  #holds(id: number, offset: number, program: Uint8Array): boolean {
    const { bytes, words } = this.#sources[id] as Source;
    const { length } = program;
    if (offset + length > bytes.length || bytes[offset] !== program[0]) return false;
    if (length <= staging.length) return isEqual(words, bytes, offset, program);
    if (isSameMemory(program, this.#references[id]?.bytes, offset)) return true;
    for (let at = 0; at < length; at += staging.length) {
      const piece = program.subarray(at, at + staging.length);
      if (!isEqual(words, bytes, offset + at, piece)) return false;
    }
    return true;
  }
}

function isEqual(
  words: Int32Array,
  bytes: Uint8Array,
  offset: number,
  program: Uint8Array,
): boolean {
  const { length } = program;
  let index = 0;
  if ((offset & 3) === 0) {
    staging.set(program);
    const first = offset >> 2;
    const count = length >> 2;
    for (; index < count; index++) {
      if (words[first + index] !== stagingWords[index]) return false;
    }
    index *= 4;
  }
  for (; index < length; index++) {
    if (bytes[offset + index] !== program[index]) return false;
  }
  return true;
}

/** The program is the reference itself: equal without looking. */
function isSameMemory(
  program: Uint8Array,
  reference: Uint8Array | undefined,
  offset: number,
): boolean {
  return (
    reference !== undefined &&
    program.buffer === reference.buffer &&
    program.byteOffset === reference.byteOffset + offset &&
    offset + program.length <= reference.length
  );
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < bytes.length; index++) {
    hash = Math.imul(hash ^ (bytes[index] as number), 0x0100_0193);
  }
  return hash;
}
