import { describe, expect, test } from "vitest";
import { Encoder } from "#agent/fec/encoder.ts";
import {
  clearParityRows,
  N_MAX,
  type ParityVariant,
  parityRow,
  parityVariants,
  rowIndices,
} from "#agent/fec/rows.ts";
import { hex } from "../../hex.ts";

/** Column 0 is left, as the tables of TS004 print it. */
function printed(variant: ParityVariant, nbFrag: number, n: number): string {
  const set = new Set(rowIndices(parityRow(variant, nbFrag, n)));
  return Array.from({ length: nbFrag }, (_, index) => (set.has(index) ? "1" : "0")).join("");
}

/** The columns of a row, drawn by the book. */
function drawn(variant: ParityVariant, nbFrag: number, n: number): number[] {
  const modulus = (nbFrag & (nbFrag - 1)) === 0 ? nbFrag + 1 : nbFrag;
  let state = 1 + 1001 * (variant === "ts004-v2-spec" ? n : n - nbFrag);
  const columns = new Set<number>();
  for (let count = 0; count < nbFrag >> 1; ) {
    let column = nbFrag;
    while (column >= nbFrag) {
      const feedback = (state & 1) ^ ((state >> 5) & 1);
      state = (state >> 1) + (feedback << 22);
      column = state % modulus;
    }
    if (variant === "ts004-v1" || !columns.has(column)) count += 1;
    columns.add(column);
  }
  return [...columns].sort((a, b) => a - b);
}

describe("rows", () => {
  test.each<[number, number, string, string, string]>([
    [10, 11, "0010010000", "0111010001", "1001101010"],
    [10, 12, "1010110001", "1010110001", "1001001101"],
    [10, 13, "0101011100", "0101011100", "0011011100"],
    [10, 14, "1110100000", "1110100001", "0001010111"],
    [10, 15, "0001010110", "0001110110", "0010011110"],
    [8, 9, "11001010", "11001010", "10111000"],
    [4, 5, "1010", "1010", "1001"],
  ])("M = %s, N = %s", (nbFrag, n, ...rows) => {
    expect(parityVariants.map((variant) => printed(variant, nbFrag, n))).toEqual(rows);
  });

  /** Powers of two have a modulus of their own; from 32 columns on the kernel draws 18 at a time. */
  test.each([2, 3, 31, 32, 33, 63, 64, 65, 127, 128, 129, 256, 1000, 1024, 2048, 8192])(
    "M = %s, as the specification says it, one draw after the other",
    (nbFrag) => {
      for (const variant of parityVariants) {
        for (const n of [1, 2, 3, 17, 200, 8000].map((k) => nbFrag + k)) {
          if (n > N_MAX) continue;
          const row = rowIndices(parityRow(variant, nbFrag, n));
          expect(row).toEqual(drawn(variant, nbFrag, n));
        }
      }
    },
  );

  test("M = 1 names no fragment at all", () => {
    for (const variant of parityVariants) expect(printed(variant, 1, 2)).toBe("0");
  });

  test("a row is drawn once and shared, until the cache is cleared", () => {
    const row = parityRow("ts004-v1", 1000, 1001);
    expect(parityRow("ts004-v1", 1000, 1001)).toBe(row);
    clearParityRows();
    const again = parityRow("ts004-v1", 1000, 1001);
    expect(again).not.toBe(row);
    expect(again).toEqual(row);
  });

  test.each([
    [0, 1],
    [10, 10],
    [10, 0],
    [10, 16_384],
    [16_383, 16_384],
    [1.5, 3],
    [10, 11.5],
  ])("M = %s has no row N = %s", (nbFrag, n) => {
    expect(() => parityRow("ts004-v1", nbFrag, n)).toThrow(RangeError);
  });
});

describe("encoder", () => {
  const block = Uint8Array.from({ length: 100 }, (_, at) => at);

  test.each<[ParityVariant, number, string]>([
    ["ts004-v1", 11, "26 26 22 22 2E 2E 22 22 26 26"],
    ["ts004-v1", 13, "5C 5D 6E 6F 10 11 02 03 04 05"],
    ["ts004-v1", 20, "22 23 24 25 26 27 18 19 0A 0B"],
    ["ts004-v2-lbm", 11, "68 69 52 53 5C 5D 76 77 70 71"],
    ["ts004-v2-lbm", 20, "00 01 3A 3B 44 45 7E 7F 68 69"],
    ["ts004-v2-spec", 11, "5A 5B 64 65 1E 1F 18 19 02 03"],
    ["ts004-v2-spec", 15, "0C 0D 06 07 70 71 7A 7B 74 75"],
  ])("%s, ten fragments of 00…63, N = %s", (variant, n, bytes) => {
    expect(new Encoder(variant, 10, block).fragment(n)).toEqual(hex(bytes));
  });

  test("uncoded fragments are the block, and a copy of it", () => {
    const encoder = new Encoder("ts004-v1", 10, block);
    const fragment = encoder.fragment(10);
    expect(fragment).toEqual(block.slice(90));
    fragment.fill(0);
    expect(encoder.fragment(10)).toEqual(block.slice(90));
  });

  test("encoders of other blocks at the same time do not disturb each other", () => {
    const blocks = parityVariants.map((_, shift) => block.map((byte) => byte ^ (shift * 85)));
    const encoders = parityVariants.map((variant, which) => {
      return new Encoder(variant, 20, blocks[which] ?? block);
    });
    for (const n of [7, 8, 9]) {
      for (const [which, variant] of parityVariants.entries()) {
        const sum = new Uint8Array(20);
        for (const index of rowIndices(parityRow(variant, 5, n))) {
          for (let at = 0; at < 20; at++) {
            sum[at] = (sum[at] ?? 0) ^ (blocks[which]?.[20 * index + at] ?? 0);
          }
        }
        expect(encoders[which]?.fragment(n)).toEqual(sum);
      }
    }
  });

  test("numbers and sizes out of range are bugs", () => {
    const encoder = new Encoder("ts004-v1", 10, block);
    for (const n of [0, -1, 1.5, 16_384]) expect(() => encoder.fragment(n)).toThrow(RangeError);
    for (const size of [0, 3, 256, 1.5]) {
      expect(() => new Encoder("ts004-v1", size, block)).toThrow(RangeError);
    }
    expect(() => new Encoder("ts004-v1", 1, new Uint8Array(0))).toThrow(RangeError);
    expect(() => new Encoder("ts004-v1", 1, new Uint8Array(16_384))).toThrow(RangeError);
  });
});
