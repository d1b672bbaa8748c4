/** What one fragmentation session looks like, by ChirpStack v4's arithmetic. */

/** N of a DataFragment has 14 bits. */
export const FRAGMENTS_MAX = 16_383;
/** The time-out of a multicast session is a 4-bit exponent. */
export const TIMEOUT_EXPONENT_MAX = 15;

export const BEACON_PERIOD_S = 128;

export interface SessionShape {
  readonly fragSize: number;
  readonly redundancyPercent: number;
  readonly marginS: number;
  readonly timeoutExponent: number | undefined;
  /** Class B counts in beacon periods. */
  readonly sessionClass?: "B" | "C";
}

export interface SessionPlan {
  /** Uncoded fragments. */
  readonly nbFrag: number;
  /** Zero bytes at the end of the last uncoded fragment. */
  readonly paddingBytes: number;
  readonly codedFragments: number;
  readonly totalFragments: number;
  /** What the pacing needs: 2^n seconds, or beacon periods, hold every fragment. May exceed {@link TIMEOUT_EXPONENT_MAX}. */
  readonly timeoutExponentMin: number;
  /** The scenario's, or else the smallest that fits. */
  readonly timeoutExponent: number;
}

/** The session that carries `imageBytes`; limits are the caller's to check. */
export function planSession(shape: SessionShape, imageBytes: number): SessionPlan {
  const nbFrag = Math.ceil(imageBytes / shape.fragSize);
  const codedFragments = Math.ceil((nbFrag * shape.redundancyPercent) / 100);
  const totalFragments = nbFrag + codedFragments;
  const isClassB = shape.sessionClass === "B";
  // The start is rounded down to a beacon, and the first slot is up to a beacon period away.
  const neededS = shape.marginS * (totalFragments + 1) + (isClassB ? 2 * BEACON_PERIOD_S : 0);
  const unitS = isClassB ? BEACON_PERIOD_S : 1;
  let timeoutExponentMin = 0;
  while (unitS * 2 ** timeoutExponentMin < neededS) timeoutExponentMin += 1;
  return {
    nbFrag,
    paddingBytes: nbFrag * shape.fragSize - imageBytes,
    codedFragments,
    totalFragments,
    timeoutExponentMin,
    timeoutExponent: shape.timeoutExponent ?? timeoutExponentMin,
  };
}
