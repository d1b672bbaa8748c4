import { checkRowHash, checkRowVector, type Problem } from "./check-rows.ts";
import { checkCompletionCount, checkSession } from "./check-sessions.ts";
import type { VectorFile } from "./vectors.ts";

export interface VectorFailure {
  /** Kind and position of the entry, and its name if it has one. */
  readonly entry: string;
  readonly problem: string;
}

export interface VectorVerdict {
  readonly passed: number;
  readonly failures: readonly VectorFailure[];
}

/** Runs every entry of a vector file against our rows, encoder and decoder. */
export function checkVectors(file: VectorFile): VectorVerdict {
  const failures: VectorFailure[] = [];
  let passed = 0;
  const note = (entry: string, problem: Problem) => {
    if (problem === undefined) passed += 1;
    else failures.push({ entry, problem });
  };
  file.rowVectors?.forEach((entry, index) => {
    note(`rowVectors/${index}`, checkRowVector(entry));
  });
  file.rowHashes?.forEach((entry, index) => {
    note(`rowHashes/${index}`, checkRowHash(entry));
  });
  file.sessions?.forEach((entry, index) => {
    note(`sessions/${index} ${entry.name}`, checkSession(entry));
  });
  file.completionCounts?.forEach((entry, index) => {
    note(`completionCounts/${index}`, checkCompletionCount(entry));
  });
  return { passed, failures };
}
