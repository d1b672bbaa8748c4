import type { Elimination } from "./elimination.ts";
import { type ParityVariant, parityRow, rowIndices, rowWords } from "./rows.ts";

/** Where the payloads of a session are; the decoder's fragment store has this shape. */
export interface PayloadSource {
  readBlock(target: Uint8Array): void;
  readCoded(slot: number, target: Uint8Array): void;
}

/** One equation of the system per pivot column of `elimination`. */
export interface LinearSystem {
  readonly variant: ParityVariant;
  readonly nbFrag: number;
  readonly fragSize: number;
  /** Fragment index of each unknown. */
  readonly columns: Uint16Array;
  readonly elimination: Elimination;
  /** Fragment number whose row the equation is; an uncoded number for a late uncoded fragment. */
  readonly pivotN: Uint16Array;
  /** Scratch slot of the payload, when `pivotN` is a coded fragment. */
  readonly pivotSlot: Uint16Array;
}

function xorInto(target: Uint8Array, source: Uint8Array): void {
  for (let at = 0; at < target.length; at++) target[at] = (target[at] ?? 0) ^ (source[at] ?? 0);
}

/**
 * Solves a system of full rank.
 *
 * `onSolved` gets every unknown in ascending order of its column; the bytes are gone after the call.
 */
export function solve(
  system: LinearSystem,
  payloads: PayloadSource,
  onSolved: (column: number, data: Uint8Array) => void,
): void {
  const { nbFrag, fragSize, columns, elimination, pivotN, pivotSlot } = system;
  const block = new Uint8Array(nbFrag * fragSize);
  payloads.readBlock(block);
  const fragment = (index: number) => block.subarray(index * fragSize, (index + 1) * fragSize);
  const sums = Array.from(columns, (_, pivot) => {
    const n = pivotN[pivot] ?? 0;
    const sum = new Uint8Array(fragSize);
    if (n <= nbFrag) sum.set(fragment(n - 1));
    else payloads.readCoded(pivotSlot[pivot] ?? 0, sum);
    return sum;
  });
  for (const index of columns) fragment(index).fill(0);
  sums.forEach((sum, pivot) => {
    const n = pivotN[pivot] ?? 0;
    if (n <= nbFrag) return;
    for (const index of rowIndices(parityRow(system.variant, nbFrag, n)))
      xorInto(sum, fragment(index));
  });
  const bit = (p: number, q: number) =>
    (((elimination.matrix[p * elimination.words + (q >> 5)] ?? 0) >>> (q & 31)) & 1) === 1;
  sums.forEach((sum, p) => {
    for (let q = 0; q < p; q++) if (bit(p, q)) xorInto(sum, sums[q] ?? sum);
  });
  for (let p = sums.length - 1; p >= 0; p--) {
    for (let q = p + 1; q < sums.length; q++) {
      const sum = sums[p];
      if (sum !== undefined && bit(p, q)) xorInto(sum, sums[q] ?? sum);
    }
  }
  sums.forEach((sum, column) => {
    onSolved(column, sum);
  });
}

/**
 * Whether a dependent equation agrees with the others.
 *
 * `reduced` is what `Elimination.reduce` left of its row; `n` and `data` are the fragment, which the
 * block holds already if it is an uncoded one. The equation is a sum of raw equations. Over the coded
 * ones among them, payloads and rows are added up: what is left of the rows is stored fragments (the
 * uncoded equations of the sum are among them), and these must add up to the payloads.
 */
export function isConsistent(
  system: LinearSystem,
  payloads: PayloadSource,
  reduced: Uint32Array,
  n: number,
  data: Uint8Array,
): boolean {
  const { variant, nbFrag, fragSize, elimination, pivotN, pivotSlot } = system;
  elimination.expand(reduced);
  const mask = new Uint32Array(rowWords(nbFrag));
  const sum = new Uint8Array(fragSize);
  const coded = new Uint8Array(fragSize);
  if (n > nbFrag) {
    xorWords(mask, parityRow(variant, nbFrag, n));
    sum.set(data);
  }
  for (const pivot of rowIndices(reduced.subarray(0, elimination.words))) {
    const other = pivotN[pivot] ?? 0;
    if (other <= nbFrag) continue;
    xorWords(mask, parityRow(variant, nbFrag, other));
    payloads.readCoded(pivotSlot[pivot] ?? 0, coded);
    xorInto(sum, coded);
  }
  const block = new Uint8Array(nbFrag * fragSize);
  payloads.readBlock(block);
  for (const index of rowIndices(mask)) {
    xorInto(sum, block.subarray(index * fragSize, (index + 1) * fragSize));
  }
  return sum.every((byte) => byte === 0);
}

function xorWords(target: Uint32Array, source: Uint32Array): void {
  for (let at = 0; at < target.length; at++) target[at] = (target[at] ?? 0) ^ (source[at] ?? 0);
}
