import type { Mutant } from "./mutant.ts";

const LOADER = "agent/boot/embassy-loader.ts";
const PROGRESS = "agent/boot/embassy-progress.ts";
const CUTS_TEST = "test/agent/boot/embassy-power-cuts.test.ts";
const WEAKNESSES_TEST = "test/agent/boot/embassy-weaknesses.test.ts";

/** Of the strategy that swaps. */
export const embassyMutants: readonly Mutant[] = [
  {
    name: "embassy/trials-without-end",
    why: "an image whose attempts are used up is tried again",
    file: LOADER,
    changes: [["found <= swapped && record.attemptsLeft > 0", "found <= swapped"]],
    tests: [CUTS_TEST],
  },
  {
    name: "embassy/uncounted-trial",
    why: "a trial is started without counting it",
    file: LOADER,
    changes: [
      [
        "return this.#record.tryCommit({ attemptsLeft }) ? this.#run(image, true) : undefined;",
        "return attemptsLeft < 0 ? undefined : this.#run(image, true);",
      ],
    ],
    tests: [CUTS_TEST],
  },
  {
    name: "embassy/swap-unverified",
    why: "what is staged is swapped in without a look at it",
    file: "agent/boot/embassy-finding.ts",
    changes: [
      ['return done > 0 || isStaged() ? done : "invalid";', "return done;"],
      ['return isStaged() ? arm(swap, target) : "invalid";\n  }', "return arm(swap, target);\n  }"],
    ],
    tests: [WEAKNESSES_TEST],
  },
  {
    name: "embassy/state-still-demands",
    why: "confirming leaves the demand for a swap in STATE",
    file: "agent/boot/embassy-boot.ts",
    changes: [['    if (!state.isOnly("boot")) state.disarm("boot");\n', ""]],
    tests: [WEAKNESSES_TEST],
  },
  {
    name: "embassy/no-notes",
    why: "a torn mark on flash that takes each granule once is not noted",
    file: PROGRESS,
    changes: [["    if (this.#spare.highestNoted() < index) this.#spare.note(index);\n", ""]],
    tests: [CUTS_TEST],
  },
  {
    name: "embassy/seal-not-checked",
    why: "progress is read from a STATE that was being written",
    file: PROGRESS,
    changes: [["return this.saysSwap() && this.isSealed(target);", "return this.saysSwap();"]],
    tests: [CUTS_TEST],
  },
  {
    name: "embassy/progress-read-from-the-front",
    why: "the first mark that is missing ends the progress, though later ones are there",
    file: PROGRESS,
    changes: [
      [
        "for (let index = all - 1; index >= done; index--) {\n      if (this.#isMarked(index)) done = index + 1;\n    }",
        "while (done < all && this.#isMarked(done)) done += 1;",
      ],
    ],
    tests: [WEAKNESSES_TEST],
  },
];
