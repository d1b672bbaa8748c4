import type { Deviations } from "./deviations.ts";

/** What the decoders of the C stacks count. Plain data; they have one decoder for all sessions. */
export interface FragmentCounts {
  readonly fragIndex: number;
  readonly nbFrag: number;
  /** Bytes. */
  readonly fragSize: number;
  /** N of the last fragment, whatever became of it. */
  lastN: number;
  /** Highest N that was taken; nbFrag + 1 from the first coded one on. */
  highestN: number;
  /** Uncoded fragments that a later N showed to be missing. */
  lost: number;
  /** Every fragment. */
  heard: number;
  isFinished: boolean;
  /** More was lost than the decoder can solve. */
  isFull: boolean;
}

export function newCounts(fragIndex: number, nbFrag: number, fragSize: number): FragmentCounts {
  return {
    fragIndex,
    nbFrag,
    fragSize,
    lastN: 0,
    highestN: 0,
    lost: 0,
    heard: 0,
    isFinished: false,
    isFull: false,
  };
}

/**
 * Counts one fragment of the session. Returns whether the decoder of the stack takes it: one that
 * drops what comes late, or has given up, does not.
 */
export function countFragment(
  counts: FragmentCounts,
  n: number,
  rowsMax: number,
  { fragmentOrder, overflow }: Deviations,
): boolean {
  if (counts.isFinished) return true;
  if (counts.isFull) return false;
  counts.lastN = n;
  if (n < counts.highestN && fragmentOrder === "ascending") return false;
  const isCoded = n > counts.nbFrag;
  if (isCoded && counts.lost > rowsMax && overflow === "endsSessionAndSticks") {
    counts.isFull = true;
    return true;
  }
  const before = Math.min(counts.highestN, counts.nbFrag);
  counts.lost += Math.max(0, Math.min(n - 1, counts.nbFrag) - before);
  counts.highestN = isCoded ? counts.nbFrag + 1 : Math.max(counts.highestN, n);
  return true;
}
