import { HouseCopy } from "./house-copy.ts";
import type { Mutant } from "./mutant.ts";
import { runTests, type TestOutcome } from "./vitest-run.ts";

/** What became of a mutant. */
export interface MutantResult {
  readonly name: string;
  readonly why: string;
  readonly file: string;
  readonly result: "killed" | "survived" | "doesNotApply" | "broken";
  /** The test that killed it, as `file › name`, or `time-out`; else what is wrong. */
  readonly by: string;
  readonly seconds: number;
}

/** A mutant that loops for ever is killed after this. */
const TIMEOUT_MS = 60_000;
const BASELINE_TIMEOUT_MS = 600_000;

/**
 * Runs the tests of all mutants on the code as it is: a mutant is killed only by a test that passes
 * without it. Returns how many tests there are; throws when one fails.
 */
export async function requireBaseline(
  house: HouseCopy,
  mutants: readonly Mutant[],
): Promise<number> {
  const tests = [...new Set(mutants.flatMap((mutant) => mutant.tests))].sort();
  const outcome = await runTests(house.root, tests, BASELINE_TIMEOUT_MS);
  if (outcome.type === "passed") return outcome.tests;
  throw new Error(`fails without any mutant: ${describe(outcome)}`);
}

/** Puts a mutant into the copy, runs its tests, and takes it out again. */
export async function tryMutant(
  house: HouseCopy,
  mutant: Mutant,
  timeoutMs = TIMEOUT_MS,
): Promise<MutantResult> {
  const { name, why, file, tests } = mutant;
  let undo: () => void;
  try {
    undo = house.apply(mutant);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { name, why, file, result: "doesNotApply", by: error.message, seconds: 0 };
  }
  const started = performance.now();
  try {
    const outcome = await runTests(house.root, tests, timeoutMs);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    return { name, why, file, result: RESULTS[outcome.type], by: describe(outcome), seconds };
  } finally {
    undo();
  }
}

const RESULTS = {
  passed: "survived",
  failed: "killed",
  timeOut: "killed",
  broken: "broken",
} as const;

function describe(outcome: TestOutcome): string {
  switch (outcome.type) {
    case "passed":
      return `all ${outcome.tests} tests pass`;
    case "failed":
      return outcome.by;
    case "timeOut":
      return "time-out";
    case "broken":
      return outcome.message;
    default:
      return outcome satisfies never;
  }
}

/** All mutants, each `jobs` of them at once in a copy of its own; results in the order of the list. */
export async function tryMutants(
  mutants: readonly Mutant[],
  jobs: number,
  onProgress: (done: number, result?: MutantResult) => void,
): Promise<readonly MutantResult[]> {
  const houses = Array.from({ length: jobs }, () => new HouseCopy());
  const removeAll = () => houses.forEach((house) => void house.remove());
  process.once("exit", removeAll);
  const results: MutantResult[] = [];
  let next = 0;
  let done = 0;
  const work = async (house: HouseCopy): Promise<void> => {
    for (let index = next++; index < mutants.length; index = next++) {
      const mutant = mutants[index];
      if (mutant === undefined) return;
      const result = await tryMutant(house, mutant);
      results[index] = result;
      done += 1;
      onProgress(done, result);
    }
  };
  try {
    const [first] = houses;
    if (first === undefined) throw new RangeError("no jobs");
    onProgress(0);
    await requireBaseline(first, mutants);
    await Promise.all(houses.map(work));
  } finally {
    removeAll();
    process.off("exit", removeAll);
  }
  return results;
}
