import type { Mutant } from "./mutant.ts";

const APPLY = "agent/delta/apply.ts";
const PLAN = "agent/delta/bank-plan.ts";
const PATCH = "agent/delta/patch.ts";
const DECODER = "agent/delta/decoder.ts";
const HEATSHRINK = "agent/delta/heatshrink.ts";
const APPLY_TEST = "test/agent/delta/apply.test.ts";
const DECODER_TEST = "test/agent/delta/decoder.test.ts";
const PLAN_TEST = "test/agent/delta/bank-plan.test.ts";
const COMPRESSION_TEST = "test/agent/delta/compression.test.ts";

export const deltaMutants: readonly Mutant[] = [
  {
    name: "delta/base-not-compared",
    why: "a patch to another image is applied: garbage of the right length",
    file: PATCH,
    changes: [
      ["  if (equalBytes(baseHash, expected)) return", "  if (expected.length > 0) return"],
    ],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/patch-checksum-not-checked",
    why: "a damaged patch is noticed when half of the bank is written",
    file: PATCH,
    changes: [["  if (crcOf(body) !== header.bodyCrc) return", "  if (header.bodyCrc < 0) return"]],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/sizes-not-compared",
    why: "header and body of a patch may differ about the size of the image",
    file: PATCH,
    changes: [["  if (targetBytes !== header.targetBytes) {", "  if (targetBytes < 0) {"]],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/not-tried-out",
    why: "what is no good is found after the patch was erased where it came",
    file: APPLY,
    changes: [["const refused = this.#tryOut() ?? this.#move();", "const refused = this.#move();"]],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/not-moved",
    why: "the target is written over the patch that it is made from",
    file: APPLY,
    changes: [
      ["const refused = this.#tryOut() ?? this.#move();", "const refused = this.#tryOut();"],
    ],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/move-not-remembered",
    why: "power fails when the first sector was erased: the patch is looked for there",
    file: APPLY,
    changes: [
      [
        '    return this.#remember(PATCH_MOVED) ? undefined : noStorage("the journal cannot be written");',
        "    this.#step = PATCH_MOVED;\n    return undefined;",
      ],
    ],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/failed-record-ignored",
    why: "the journal cannot be written, and the patch is erased all the same",
    file: APPLY,
    changes: [
      [
        "    return this.#remember(PATCH_MOVED) ? undefined :",
        "    return this.#remember(PATCH_MOVED) || this.#step > 0 ? undefined :",
      ],
    ],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/sector-remembered-early",
    why: "a sector counts as made before it is written",
    file: APPLY,
    changes: [
      [
        "      if (!isMade) eraseSector(flash, sector);",
        "      if (!isMade) eraseSector(flash, sector);\n      if (!isMade) this.#remember(PATCH_MOVED + index + 1);",
      ],
    ],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/sector-off-by-one",
    why: "after a reset, one sector too many is passed over",
    file: APPLY,
    changes: [
      [
        "const isMade = index < this.#step - PATCH_MOVED;",
        "const isMade = index <= this.#step - PATCH_MOVED;",
      ],
    ],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/blank-sector-trusted",
    why: "the sector in which power failed is not erased when it reads blank",
    file: APPLY,
    changes: [
      [
        "      if (!isMade) eraseSector(flash, sector);",
        "      if (!isMade && !this.#isBlank(sector)) eraseSector(flash, sector);",
      ],
    ],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/every-sector-again",
    why: "after a reset, sectors that are made are erased once more",
    file: APPLY,
    changes: [["const isMade = index < this.#step - PATCH_MOVED;", "const isMade = index < 0;"]],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/patch-left-behind",
    why: "the patch stays behind the image: something follows it, it is refused",
    file: APPLY,
    changes: [["    this.#clearFrom(this.#step - TARGET_MADE);\n", ""]],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/no-read-back",
    why: "a cell that did not take its byte is found by the image's digest at the earliest",
    file: APPLY,
    changes: [
      ["    if (found[index] !== chunk[index]) throw", "    if (found[index] === undefined) throw"],
    ],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/one-try",
    why: "a program that fails once ends the update",
    file: APPLY,
    changes: [["const TRIES_MAX = 3;", "const TRIES_MAX = 1;"]],
    tests: [APPLY_TEST],
  },
  {
    name: "delta/target-over-the-patch",
    why: "the last sector of the target is the first of the patch",
    file: PLAN,
    changes: [["last + sectorBytes(geometry, last) <= patchAt &&", "last <= patchAt &&"]],
    tests: [PLAN_TEST],
  },
  {
    name: "delta/moved-over-itself",
    why: "a large patch is copied over the place where it came",
    file: PLAN,
    changes: [[" && bank.address + patchBytes <= patchAt;", ";"]],
    tests: [PLAN_TEST],
  },
  {
    name: "delta/reads-behind-the-base",
    why: "a patch may refer to what is not signed",
    file: DECODER,
    changes: [
      [
        "isChunkOver && this.#basePlace + size > this.#base.sizeBytes",
        "size > this.#base.sizeBytes",
      ],
    ],
    tests: [DECODER_TEST],
  },
  {
    name: "delta/steps-out-of-the-base",
    why: "the place in the base may be negative",
    file: DECODER,
    changes: [
      [
        "if (place >= 0 && place <= this.#base.sizeBytes) this.#basePlace",
        "if (place <= this.#base.sizeBytes) this.#basePlace",
      ],
    ],
    tests: [DECODER_TEST],
  },
  {
    name: "delta/more-than-it-says",
    why: "a patch writes behind the image it announced",
    file: DECODER,
    changes: [["this.#written + size > this.targetBytes", "size > this.targetBytes"]],
    tests: [DECODER_TEST],
  },
  {
    name: "delta/empty-chunks-for-ever",
    why: "a patch of a few bytes keeps the device busy until the watchdog bites",
    file: DECODER,
    changes: [["this.#chunks++ > 2 * this.targetBytes", "this.#chunks++ < 0"]],
    tests: [DECODER_TEST],
  },
  {
    name: "delta/diff-not-wrapped",
    why: "differences are subtracted",
    file: DECODER,
    changes: [
      [
        "isDiff ? byte + (base[at] as number) : byte;",
        "isDiff ? byte - (base[at] as number) : byte;",
      ],
    ],
    tests: [DECODER_TEST],
  },
  {
    name: "delta/goes-on-behind-its-end",
    why: "bytes behind the end of a patch go unnoticed",
    file: DECODER,
    changes: [
      [
        "return this.#stream.isAtEnd || this.#fail",
        "return this.#stream !== undefined || this.#fail",
      ],
    ],
    tests: [DECODER_TEST],
  },
  {
    name: "delta/any-window",
    why: "a patch makes the device take 32 KiB for its window",
    file: HEATSHRINK,
    changes: [["windowBits <= WINDOW_BITS_MAX && lookaheadBits", "lookaheadBits"]],
    tests: [COMPRESSION_TEST],
  },
  {
    name: "delta/distance-off-by-one",
    why: "a back-reference copies from one byte beside",
    file: HEATSHRINK,
    changes: [["this.#distance = distance + 1;", "this.#distance = distance;"]],
    tests: [COMPRESSION_TEST],
  },
];
