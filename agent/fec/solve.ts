import {
  align16,
  arenaBytes,
  arenaWords,
  chunksOf,
  claim,
  kernel,
  reserve,
  WORK_AT,
} from "./kernel/arena.ts";
import { parityRow, rowWords } from "./rows.ts";
import type { LinearSystem } from "./system.ts";

/** Where the payloads of a session are; the decoder's fragment store has this shape. */
export interface PayloadSource {
  readBlock(target: Uint8Array): void;
  readCoded(slot: number, target: Uint8Array): void;
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
  const { variant, nbFrag, fragSize, columns, elimination, pivotN, pivotSlot } = system;
  const count = columns.length;
  const chunks = chunksOf(fragSize);
  const stride = 16 * chunks;
  const words = rowWords(nbFrag);
  // The kernel reads whole chunks and whole stripes of 32 payloads, so slack follows both arrays.
  const blockAt = WORK_AT;
  const sumsAt = align16(blockAt + (nbFrag + 32) * fragSize + 16);
  const tablesAt = sumsAt + (count + 32) * stride;
  const matrixAt = tablesAt + 128 * stride;
  const rowsAt = matrixAt + 4 * elimination.matrix.length;
  claim(undefined);
  reserve(rowsAt + 4 * count * words);
  const arena = arenaBytes();
  const arenaRows = arenaWords();

  payloads.readBlock(arena.subarray(blockAt, blockAt + nbFrag * fragSize));
  for (let pivot = 0; pivot < count; pivot++) {
    const n = pivotN[pivot] ?? 0;
    const sumAt = sumsAt + pivot * stride;
    const rowAt = (rowsAt >> 2) + pivot * words;
    if (n <= nbFrag) {
      const fragmentAt = blockAt + (n - 1) * fragSize;
      arena.copyWithin(sumAt, fragmentAt, fragmentAt + fragSize);
      arenaRows.fill(0, rowAt, rowAt + words);
    } else {
      payloads.readCoded(pivotSlot[pivot] ?? 0, arena.subarray(sumAt, sumAt + fragSize));
      arenaRows.set(parityRow(variant, nbFrag, n), rowAt);
    }
  }
  for (const index of columns) {
    const fragmentAt = blockAt + index * fragSize;
    arena.fill(0, fragmentAt, fragmentAt + fragSize);
  }
  arenaRows.set(elimination.matrix, matrixAt >> 2);
  kernel.solve(
    blockAt,
    fragSize,
    rowsAt,
    words,
    matrixAt,
    elimination.words,
    sumsAt,
    chunks,
    tablesAt,
    count,
  );
  for (let column = 0; column < count; column++) {
    const sumAt = sumsAt + column * stride;
    onSolved(column, arena.subarray(sumAt, sumAt + fragSize));
  }
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
  const chunks = chunksOf(fragSize);
  const words = rowWords(nbFrag);
  const maskAt = WORK_AT;
  const sumAt = align16(maskAt + 4 * words);
  const codedAt = sumAt + 16 * chunks;
  const blockAt = codedAt + 16 * chunks;
  claim(undefined);
  reserve(blockAt + nbFrag * fragSize + 16);
  const arena = arenaBytes();
  const mask = arenaWords().subarray(maskAt >> 2, (maskAt >> 2) + words);
  arena.fill(0, maskAt, codedAt);
  if (n > nbFrag) {
    mask.set(parityRow(variant, nbFrag, n));
    arena.set(data, sumAt);
  }
  elimination.expand(reduced);
  const coded = arena.subarray(codedAt, codedAt + fragSize);
  for (let pivot = 0; pivot < elimination.size; pivot++) {
    if ((((reduced[pivot >> 5] ?? 0) >>> (pivot & 31)) & 1) === 0) continue;
    const other = pivotN[pivot] ?? 0;
    if (other <= nbFrag) continue;
    const row = parityRow(variant, nbFrag, other);
    for (let word = 0; word < words; word++) mask[word] = (mask[word] ?? 0) ^ (row[word] ?? 0);
    payloads.readCoded(pivotSlot[pivot] ?? 0, coded);
    kernel.xorInto(sumAt, codedAt, chunks);
  }
  payloads.readBlock(arena.subarray(blockAt, blockAt + nbFrag * fragSize));
  kernel.xorSelected(sumAt, chunks, maskAt, words, blockAt, fragSize);
  for (let at = sumAt; at < sumAt + fragSize; at++) if (arena[at] !== 0) return false;
  return true;
}
