/**
 * The inner loops of the FEC in WebAssembly, and the one memory they work in.
 *
 * One arena serves every encoder and decoder of the process: it holds nothing between two calls but
 * what {@link claim} says. It grows to the largest session seen and never shrinks.
 */
import { KERNEL_WASM } from "./kernel-wasm.ts";

/** The part of the WebAssembly interface used here; the ECMAScript library alone lacks it. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    /** In pages of 64 KiB. Detaches the old buffer. */
    grow(pages: number): number;
  }
  class Instance<Exports> {
    constructor(module: Module);
    readonly exports: Exports;
  }
}

interface KernelExports {
  readonly memory: WebAssembly.Memory;
  drawRow(row: number, nbFrag: number, seed: number, distinct: number): void;
  xorSelected(
    target: number,
    chunks: number,
    row: number,
    words: number,
    block: number,
    fragSize: number,
  ): void;
  xorInto(target: number, source: number, chunks: number): void;
  solve(
    block: number,
    fragSize: number,
    rows: number,
    rowWords: number,
    matrix: number,
    words: number,
    sums: number,
    chunks: number,
    tables: number,
    count: number,
  ): void;
}

const PAGE_BYTES = 65_536;

const binary = Uint8Array.from(atob(KERNEL_WASM), (character) => character.charCodeAt(0));
export const kernel = new WebAssembly.Instance<KernelExports>(new WebAssembly.Module(binary))
  .exports;

/** Below it the compiler may keep data of its own. */
const BASE = 4096;
/** One row of 16383 columns; the largest `nbFrag` of rows.ts. */
export const ROW_AT = BASE;
/** Where a call may lay out its own data. */
export const WORK_AT = BASE + 2048;

let bytes = new Uint8Array(kernel.memory.buffer);
let words = new Uint32Array(kernel.memory.buffer);
let owner: object | undefined;

/** Sixteen-byte vectors in a payload. */
export function chunksOf(fragSize: number): number {
  return (fragSize + 15) >> 4;
}

export function align16(address: number): number {
  return (address + 15) & -16;
}

/** Makes the arena reach up to `end`. Views taken before are dead afterwards. */
export function reserve(end: number): void {
  if (end <= bytes.length) return;
  kernel.memory.grow(Math.ceil((end - bytes.length) / PAGE_BYTES));
  bytes = new Uint8Array(kernel.memory.buffer);
  words = new Uint32Array(kernel.memory.buffer);
}

/** The arena as bytes; good until the next {@link reserve}. */
export function arenaBytes(): Uint8Array {
  return bytes;
}

/** The arena as 32-bit words. */
export function arenaWords(): Uint32Array {
  return words;
}

/**
 * Takes the working area. Returns whether `by` was the last to take it, and so finds what it left.
 */
export function claim(by: object | undefined): boolean {
  const isMine = by !== undefined && owner === by;
  owner = by;
  return isMine;
}
