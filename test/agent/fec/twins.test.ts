import { describe, expect, test } from "vitest";
import { Decoder } from "#agent/fec/decoder.ts";
import { Encoder } from "#agent/fec/encoder.ts";
import { type ParityVariant, parityVariants } from "#agent/fec/rows.ts";
import { stuckReason, twinColumns } from "#agent/fec/twins.ts";
import { MemoryStore } from "./memory-store.ts";

describe("columns that the rows do not tell apart", () => {
  test("M = 192: fragments 66 and 97 are in the same rows up to k = 127", () => {
    expect(twinColumns("ts004-v1", 192, 127, [65, 96])).toEqual([[65, 96]]);
    expect(twinColumns("ts004-v1", 192, 127)).toContainEqual([65, 96]);
    expect(twinColumns("ts004-v1", 192, 128, [65, 96])).toEqual([]);
  });

  test("M = 896: 448 and 639 up to k = 500", () => {
    expect(twinColumns("ts004-v1", 896, 500, [447, 638])).toEqual([[447, 638]]);
    expect(twinColumns("ts004-v1", 896, 501, [447, 638])).toEqual([]);
  });

  test("no rows tell nothing apart, no columns have no twins", () => {
    expect(twinColumns("ts004-v1", 4, 0)).toEqual([[0, 1, 2, 3]]);
    expect(twinColumns("ts004-v1", 4, 8, [])).toEqual([]);
    expect(twinColumns("ts004-v1", 4, 8, [2])).toEqual([]);
  });

  test("at 30 % redundancy, M in 64..2100: mostly multiples of 64", () => {
    const found: number[] = [];
    for (let nbFrag = 64; nbFrag <= 2100; nbFrag++) {
      if (twinColumns("ts004-v1", nbFrag, Math.floor(0.3 * nbFrag)).length > 0) found.push(nbFrag);
    }
    expect(found).toEqual([
      65, 80, 192, 384, 448, 576, 768, 832, 896, 960, 1216, 1280, 1408, 1472, 1536, 1664, 1728,
      1856, 1920, 1984,
    ]);
  });
});

interface Case {
  readonly variant?: ParityVariant;
  readonly nbFrag: number;
  readonly lost: readonly number[];
  readonly coded: number;
  readonly matrixRowsMax?: number;
  readonly sentVariant?: ParityVariant;
}

function stuck({ variant = "ts004-v1", nbFrag, lost, coded, ...options }: Case) {
  const encoder = new Encoder(
    options.sentVariant ?? variant,
    2,
    new Uint8Array(2 * nbFrag).fill(7),
  );
  const { matrixRowsMax = nbFrag } = options;
  const config = { variant, nbFrag, fragSize: 2, matrixRowsMax, scratchFragmentsMax: nbFrag };
  const decoder = new Decoder(config, new MemoryStore(nbFrag, 2));
  for (let n = 1; n <= nbFrag + coded; n++) {
    if (!lost.includes(n)) decoder.accept(n, encoder.fragment(n));
  }
  return stuckReason(decoder);
}

describe("why a decoder is stuck", () => {
  test.each<[string, Case, ReturnType<typeof stuckReason>]>([
    ["it is not", { nbFrag: 100, lost: [], coded: 0 }, undefined],
    ["it is complete by parity", { nbFrag: 100, lost: [3, 4], coded: 30 }, undefined],
    ["nothing but uncoded fragments", { nbFrag: 100, lost: [3], coded: 0 }, "shortOfRows"],
    ["fewer coded than lost", { nbFrag: 100, lost: [3, 4, 5, 6], coded: 2 }, "shortOfRows"],
    ["as many as lost, by bad luck", { nbFrag: 100, lost: [3, 6], coded: 2 }, "shortOfRows"],
    ["both twins of M = 192", { nbFrag: 192, lost: [66, 97], coded: 58 }, "twinColumns"],
    ["twins and another", { nbFrag: 192, lost: [66, 97, 1], coded: 58 }, "twinColumns"],
    ["twins, too few rows", { nbFrag: 192, lost: [66, 97, 1, 2, 3], coded: 3 }, "shortOfRows"],
    ["one of the twins", { nbFrag: 192, lost: [66], coded: 58 }, undefined],
    ["M = 1", { nbFrag: 1, lost: [1], coded: 40 }, "shortOfRows"],
    ["the cap", { nbFrag: 100, lost: [3, 4, 5], coded: 30, matrixRowsMax: 2 }, "matrixFull"],
  ])("%s", (_, input, reason) => {
    expect(stuck(input)).toBe(reason);
  });

  test("another matrix than the sender's", () => {
    for (const variant of parityVariants) {
      for (const sentVariant of parityVariants) {
        if (variant === sentVariant) continue;
        const nbFrag = 50;
        const block = Uint8Array.from({ length: nbFrag }, (_, at) => (at * 37) & 0xff);
        const encoder = new Encoder(sentVariant, 1, block);
        const caps = { matrixRowsMax: nbFrag, scratchFragmentsMax: 1 };
        const decoder = new Decoder(
          { variant, nbFrag, fragSize: 1, ...caps },
          new MemoryStore(nbFrag, 1),
        );
        for (let n = 4; n <= 120; n++) decoder.accept(n, encoder.fragment(n));
        expect(stuckReason(decoder)).toBe("wrongVariant");
      }
    }
  });
});
