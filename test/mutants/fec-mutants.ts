import type { Mutant } from "./mutant.ts";

const KERNEL = "agent/fec/kernel/assembly/kernel.ts";
const DECODER = "agent/fec/decoder.ts";
const ELIMINATION = "agent/fec/elimination.ts";
const SYSTEM = "agent/fec/system.ts";
const SOLVE = "agent/fec/solve.ts";
const ROWS_TEST = "test/agent/fec/rows.test.ts";
const DECODER_TEST = "test/agent/fec/decoder.test.ts";
const LIMITS_TEST = "test/agent/fec/decoder-limits.test.ts";
const TWINS_TEST = "test/agent/fec/twins.test.ts";

/** The kernel is compiled anew with each of its mutants. */
export const kernelMutants: readonly Mutant[] = [
  {
    name: "fec/power-of-two-like-any-other",
    why: "MM is M also when M is a power of two: another matrix for M = 64, 128, …",
    file: KERNEL,
    changes: [["(nbFrag & (nbFrag - 1)) == 0 ? nbFrag + 1 : nbFrag", "nbFrag"]],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/always-m-plus-one",
    why: "MM is M + 1 for every M",
    file: KERNEL,
    changes: [["(nbFrag & (nbFrag - 1)) == 0 ? nbFrag + 1 : nbFrag", "nbFrag + 1"]],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/column-m-counts",
    why: "a draw of column M, which does not exist, is not drawn again",
    file: KERNEL,
    changes: [["(distinct ^ 1)) & <u32>(column < nbFrag);", "(distinct ^ 1));"]],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/no-redraw-of-a-repeat",
    why: "version 2 draws until the columns are distinct, version 1 does not: mixed up",
    file: KERNEL,
    changes: [["(<u32>(after != before) | (distinct ^ 1))", "1"]],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/half-rounded-up",
    why: "a row has ceil(M / 2) draws",
    file: KERNEL,
    changes: [["let left = nbFrag >> 1;", "let left = (nbFrag + 1) >> 1;"]],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/feedback-bit",
    why: "the generator feeds back bits 0 and 4",
    file: KERNEL,
    changes: [["x | (((x ^ (x >> 5)) & 0x3ffff) << 23)", "x | (((x ^ (x >> 4)) & 0x3ffff) << 23)"]],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/large-seed-cut-to-23-bits",
    why: "seeds beyond 23 bits lose their upper bits instead of carrying: rows of large N differ",
    file: KERNEL,
    changes: [["let x: u64 = seed;", "let x: u64 = seed & 0x7fffff;"]],
    tests: [ROWS_TEST, "test/tools/fec.test.ts"],
  },
  {
    name: "fec/solve-from-the-top",
    why: "back substitution in ascending order uses unknowns that are not known yet",
    file: KERNEL,
    changes: [
      [
        "for (let row = end; row-- > first; ) {\n      const own",
        "for (let row = first; row < end; row++) {\n      const own",
      ],
    ],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/solve-stripes-ascending",
    why: "back substitution takes stripes of 32 unknowns in ascending order",
    file: KERNEL,
    changes: [
      [
        "for (let word: i32 = words - 1; word >= 0; word--) {",
        "for (let word: i32 = 0; word < <i32>words; word++) {",
      ],
    ],
    tests: [DECODER_TEST],
  },
];

export const fecMutants: readonly Mutant[] = [
  {
    name: "fec/row-off-by-one",
    why: "coded fragments are numbered from 0 in the seed",
    file: "agent/fec/rows.ts",
    changes: [["n : n - nbFrag);", "n : n - nbFrag - 1);"]],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/spec-seed-like-deployed",
    why: "the seed of ts004-v2-spec is N - M",
    file: "agent/fec/rows.ts",
    changes: [['variant === "ts004-v2-spec" ? n : n - nbFrag', "n - nbFrag"]],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/cache-by-size-alone",
    why: "the rows of one matrix are taken for those of another",
    file: "agent/fec/rows.ts",
    changes: [
      [
        "nbFrag * parityVariants.length + parityVariants.indexOf(variant)",
        "nbFrag * parityVariants.length",
      ],
    ],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/uncoded-fragment-off-by-one",
    why: "the encoder sends fragment N + 1 as fragment N",
    file: "agent/fec/encoder.ts",
    changes: [["slice((n - 1) * size, n * size)", "slice(n * size, (n + 1) * size)"]],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/encoder-keeps-the-arena",
    why: "two encoders at a time XOR each other's fragments",
    file: "agent/fec/encoder.ts",
    changes: [["readonly #tag = {};", "readonly #tag = Encoder;"]],
    tests: [ROWS_TEST],
  },
  {
    name: "fec/lost-index-in-32",
    why: "the last unknown of each word of a row is forgotten",
    file: SYSTEM,
    changes: [["Math.min(columns.length - first, 32);", "Math.min(columns.length - first, 31);"]],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/late-fragment-is-no-equation",
    why: "an uncoded fragment after coded ones does not raise the rank",
    file: DECODER,
    changes: [["else addEquation(system, pivot, row, n, 0);", "else system.pivotN[pivot] = 0;"]],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/solved-index-lost",
    why: "a solved fragment is written at its number among the missing, not at its own",
    file: DECODER,
    changes: [["const index = system.columns[column] ?? 0;", "const index = column;"]],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/repeat-stored-twice",
    why: "an uncoded fragment that comes twice is written and counted twice",
    file: DECODER,
    changes: [['    if (this.hasUncoded(index)) return "duplicate";\n', ""]],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/one-short-is-full",
    why: "the block is called complete at rank M - 1",
    file: DECODER,
    changes: [
      [
        "system.elimination.rank < system.columns.length) return false;",
        "system.elimination.rank < system.columns.length - 1) return false;",
      ],
    ],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/one-too-many-awaited",
    why: "a block whose uncoded fragments are all there waits for another fragment",
    file: DECODER,
    changes: [
      [
        "this.#complete = this.#haveCount === this.config.nbFrag;\n      return",
        "this.#complete = this.#haveCount > this.config.nbFrag;\n      return",
      ],
    ],
    tests: [DECODER_TEST, LIMITS_TEST],
  },
  {
    name: "fec/matrix-cap-off-by-one",
    why: "a matrix of exactly the configured size is refused",
    file: DECODER,
    changes: [
      [
        "if (count > config.matrixRowsMax) return undefined;",
        "if (count >= config.matrixRowsMax) return undefined;",
      ],
    ],
    tests: [LIMITS_TEST],
  },
  {
    name: "fec/matrix-cap-ignored",
    why: "a session larger than the matrix memory is taken on",
    file: DECODER,
    changes: [["    if (count > config.matrixRowsMax) return undefined;\n", ""]],
    tests: [LIMITS_TEST],
  },
  {
    name: "fec/scratch-cap-off-by-one",
    why: "one coded fragment more than fits in scratch is written",
    file: DECODER,
    changes: [
      [
        "this.#slotsUsed >= this.config.scratchFragmentsMax) return",
        "this.#slotsUsed > this.config.scratchFragmentsMax) return",
      ],
    ],
    tests: [LIMITS_TEST],
  },
  {
    name: "fec/any-length-accepted",
    why: "a fragment of another length is stored",
    file: DECODER,
    changes: [["if (this.#complete || data.length !== fragSize)", "if (this.#complete)"]],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/contradiction-not-seen",
    why: "the other side's matrix is another one, and nobody notices",
    file: DECODER,
    changes: [["    if (!ok) this.#inconsistent = true;\n", ""]],
    tests: [LIMITS_TEST],
  },
  {
    name: "fec/restored-slot-used-again",
    why: "after a reset, the next coded fragment overwrites the last one in scratch",
    file: DECODER,
    changes: [["Math.max(this.#slotsUsed, slot + 1);", "Math.max(this.#slotsUsed, slot);"]],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/full-rank-not-resumed",
    why: "power failed in the final solve: the next life waits for a fragment that never comes",
    file: DECODER,
    changes: [
      [
        "addEquation(system, pivot, row, n, slot);\n      this.#finishIfFull(system);",
        "addEquation(system, pivot, row, n, slot);",
      ],
    ],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/pivot-off-by-one",
    why: "a row is filed under the wrong pivot",
    file: ELIMINATION,
    changes: [
      [
        "const pivot = (word << 5) + 31 - Math.clz32(lowest);",
        "const pivot = (word << 5) + 32 - Math.clz32(lowest);",
      ],
    ],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/pivot-word-eliminated-alone",
    why: "words after the pivot's own are not reduced",
    file: ELIMINATION,
    changes: [["let rest = word + 1;", "let rest = word + 2;"]],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/subtracted-pivots-forgotten",
    why: "the elimination does not say which pivots it subtracted: payloads are not",
    file: ELIMINATION,
    changes: [["row[word] = bits | subtracted;", "row[word] = bits;"]],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/own-bit-expanded",
    why: "a pivot counts itself among those that were subtracted",
    file: ELIMINATION,
    changes: [
      ["const below = (1 << (column & 31)) - 1;", "const below = (2 << (column & 31)) - 1;"],
    ],
    tests: [DECODER_TEST, LIMITS_TEST],
  },
  {
    name: "fec/missing-fragments-not-zeroed",
    why: "what flash holds in place of missing fragments is XORed into the solution",
    file: SOLVE,
    changes: [["    arena.fill(0, fragmentAt, fragmentAt + fragSize);\n", ""]],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/late-payload-forgotten",
    why: "the payload of an uncoded fragment that is an equation is read one fragment off",
    file: SOLVE,
    changes: [
      [
        "const fragmentAt = blockAt + (n - 1) * fragSize;",
        "const fragmentAt = blockAt + n * fragSize;",
      ],
    ],
    tests: [DECODER_TEST],
  },
  {
    name: "fec/twins-blamed-on-the-sender",
    why: "two lost fragments that no row tells apart are reported as too few rows",
    file: "agent/fec/twins.ts",
    changes: [["sum + group.length - 1, 0);", "sum + group.length, 0);"]],
    tests: [TWINS_TEST],
  },
];
