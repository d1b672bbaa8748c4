/** What one fragmentation session looks like, by ChirpStack v4's arithmetic. */

/** N of a DataFragment has 14 bits. */
export const FRAGMENTS_MAX = 16_383;
/** The class C time-out of a multicast session is a 4-bit exponent. */
export const TIMEOUT_EXPONENT_MAX = 15;

export interface SessionShape {
  readonly fragSize: number;
  readonly redundancyPercent: number;
  readonly marginS: number;
  readonly timeoutExponent: number | undefined;
}

export interface SessionPlan {
  /** Uncoded fragments. */
  readonly nbFrag: number;
  /** Zero bytes at the end of the last uncoded fragment. */
  readonly paddingBytes: number;
  readonly codedFragments: number;
  readonly totalFragments: number;
  /** What the pacing needs: 2^n seconds hold every fragment. May exceed {@link TIMEOUT_EXPONENT_MAX}. */
  readonly timeoutExponentMin: number;
  /** The scenario's, or else the smallest that fits. */
  readonly timeoutExponent: number;
}

/** The session that carries `imageBytes`; limits are the caller's to check. */
export function planSession(shape: SessionShape, imageBytes: number): SessionPlan {
  const nbFrag = Math.ceil(imageBytes / shape.fragSize);
  const codedFragments = Math.ceil((nbFrag * shape.redundancyPercent) / 100);
  const totalFragments = nbFrag + codedFragments;
  let timeoutExponentMin = 0;
  while (2 ** timeoutExponentMin < shape.marginS * (totalFragments + 1)) timeoutExponentMin += 1;
  return {
    nbFrag,
    paddingBytes: nbFrag * shape.fragSize - imageBytes,
    codedFragments,
    totalFragments,
    timeoutExponentMin,
    timeoutExponent: shape.timeoutExponent ?? timeoutExponentMin,
  };
}
