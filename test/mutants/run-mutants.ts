import type { Mutant } from "./mutant.ts";

const BRICKED_TEST = "test/scenarios/bricked.test.ts";

/** What a run says of its devices. */
export const runMutants: readonly Mutant[] = [
  {
    name: "run/brick-goes-unnoticed",
    why: "a scenario that does not speak of bricked devices passes with some",
    file: "tools/report/expectations.ts",
    changes: [["expect.bricked ?? (totals.bricked > 0 ? 0 : undefined)", "expect.bricked"]],
    tests: [BRICKED_TEST],
  },
  {
    name: "run/brick-counted-as-failed",
    why: "a device with nothing left to boot is reported as one that runs its old image",
    file: "sim/fleet/result.ts",
    changes: [['  if (node.bricked) return "bricked";\n', ""]],
    tests: [BRICKED_TEST],
  },
];
