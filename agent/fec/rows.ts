/**
 * The parity matrix of TS004 (Fragmented Data Block Transport, FragAlgo 0): which uncoded fragments
 * are XORed into coded fragment N.
 *
 * Three matrices that do not fit each other are in the field:
 * - `ts004-v1`: TS004-1.0.0. floor(M/2) draws from a generator seeded with N - M; a repeated draw
 *   is lost, so a row sets about 0.39 M columns.
 * - `ts004-v2-lbm`: TS004-2.0.0 as deployed: the same seed, draws until floor(M/2) distinct columns.
 * - `ts004-v2-spec`: TS004-2.0.0 read literally: as before, but seeded with N itself.
 */
import { arenaWords, kernel, ROW_AT } from "./kernel/arena.ts";

export const parityVariants = ["ts004-v1", "ts004-v2-lbm", "ts004-v2-spec"] as const;
export type ParityVariant = (typeof parityVariants)[number];

/** Fragment numbers on air have 14 bits and start at 1. */
export const N_MAX = 16_383;

/** Rows kept by {@link parityRow}, all variants and sizes together. */
const CACHE_WORDS_MAX = 8 * 1024 * 1024;
/** What a row costs beyond its bits, in words. */
const CACHE_ROW_WORDS = 64;

const cache = new Map<number, Map<number, Uint32Array>>();
let cachedWords = 0;

export function rowWords(nbFrag: number): number {
  return (nbFrag + 31) >> 5;
}

/**
 * Row of coded fragment `n` (number on air, `nbFrag < n <= N_MAX`) as a bit set over the uncoded
 * fragments: fragment index c (0-based) is bit c & 31 of word c >> 5.
 *
 * Shared between callers: never write to it. Rows are pure and cached for the whole process.
 */
export function parityRow(variant: ParityVariant, nbFrag: number, n: number): Uint32Array {
  const setKey = nbFrag * parityVariants.length + parityVariants.indexOf(variant);
  let rows = cache.get(setKey);
  const known = rows?.get(n);
  if (known !== undefined) return known;

  const row = drawRow(variant, nbFrag, n);
  if (cachedWords > CACHE_WORDS_MAX) {
    clearParityRows();
    rows = undefined;
  }
  if (rows === undefined) {
    rows = new Map();
    cache.set(setKey, rows);
  }
  rows.set(n, row);
  cachedWords += row.length + CACHE_ROW_WORDS;
  return row;
}

/** Forgets every cached row, so that a benchmark pays for its own. */
export function clearParityRows(): void {
  cache.clear();
  cachedWords = 0;
}

/** 0-based indices of the fragments in a row, ascending. */
export function rowIndices(row: Uint32Array): number[] {
  const indices: number[] = [];
  row.forEach((bits, word) => {
    for (let rest = bits; rest !== 0; rest &= rest - 1) {
      indices.push(word * 32 + 31 - Math.clz32(rest & -rest));
    }
  });
  return indices;
}

function drawRow(variant: ParityVariant, nbFrag: number, n: number): Uint32Array {
  if (!Number.isInteger(nbFrag) || !Number.isInteger(n) || nbFrag < 1 || n <= nbFrag || n > N_MAX) {
    throw new RangeError(`no coded fragment ${n} of ${nbFrag}`);
  }
  const seed = 1 + 1001 * (variant === "ts004-v2-spec" ? n : n - nbFrag);
  kernel.drawRow(ROW_AT, nbFrag, seed, variant === "ts004-v1" ? 0 : 1);
  return arenaWords().slice(ROW_AT >> 2, (ROW_AT >> 2) + rowWords(nbFrag));
}
