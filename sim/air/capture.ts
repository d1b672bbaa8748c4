/**
 * By how many dB a frame must be stronger than another that overlaps it to be received: rows SF7 to
 * SF12 of the frame, columns of the other.
 */
export type CaptureMatrix = readonly (readonly number[])[];

/** Different spreading factors do not disturb each other. */
const NEVER = Number.NEGATIVE_INFINITY;

function sameFactorOnly(db: number): CaptureMatrix {
  return Array.from({ length: 6 }, (_, row) =>
    Array.from({ length: 6 }, (__, column) => (row === column ? db : NEVER)),
  );
}

export const CAPTURE = {
  /** Goursaud and Gorce 2015, for frames of one spreading factor. */
  "6dB": sameFactorOnly(6),
  /** Croce and others 2018, for frames of one spreading factor. */
  "1dB": sameFactorOnly(1),
  /** Goursaud and Gorce 2015, as in the lorawan module of ns-3. */
  goursaud: [
    [6, -16, -18, -19, -19, -20],
    [-24, 6, -20, -22, -22, -22],
    [-27, -27, 6, -23, -25, -25],
    [-30, -30, -30, 6, -26, -28],
    [-33, -33, -33, -33, 6, -29],
    [-36, -36, -36, -36, -36, 6],
  ],
  /** Croce and others 2018, as in FLoRa. */
  croce: [
    [1, -8, -9, -9, -9, -9],
    [-11, 1, -11, -12, -13, -13],
    [-15, -13, 1, -13, -14, -15],
    [-19, -18, -17, 1, -17, -18],
    [-22, -22, -21, -20, 1, -20],
    [-25, -25, -25, -24, -23, 1],
  ],
} as const satisfies Readonly<Record<string, CaptureMatrix>>;

const SF_MIN = 7;

/** Whether a frame survives another that overlaps it. */
export function survives(
  matrix: CaptureMatrix,
  frame: { readonly sf: number; readonly dbm: number },
  other: { readonly sf: number; readonly dbm: number },
): boolean {
  const needed = matrix[frame.sf - SF_MIN]?.[other.sf - SF_MIN];
  if (needed === undefined) throw new RangeError(`SF${frame.sf} and SF${other.sf}`);
  return frame.dbm - other.dbm >= needed;
}
