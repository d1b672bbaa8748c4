import { type DataFrame, fullFCnt } from "#sim/mac/frame.ts";

/**
 * `repeat`: the newest frame once more, as for an acknowledgement that was lost. `old`: authentic, with
 * a counter that was used up. `forged`: not authentic with any of the counters it can have.
 */
export type UplinkVerdict =
  | { readonly type: "new" | "repeat" | "old"; readonly fCnt: number }
  | { readonly type: "forged" };

const ROLLOVER = 65_536;

/** By the lowest counter still acceptable; the MIC covers all 32 bits of the counter and decides. */
export function judgeUplink(
  { fCntLow }: Pick<DataFrame, "fCntLow">,
  nextFCntUp: number,
  isMicValid: (fCnt: number) => boolean,
): UplinkVerdict {
  const fCnt = fullFCnt(nextFCntUp, fCntLow);
  if (fCnt !== undefined && isMicValid(fCnt)) return { type: "new", fCnt };
  const last = nextFCntUp - 1;
  const back = (last - fCntLow + ROLLOVER) % ROLLOVER;
  const used = last - back;
  if (used < 0 || !isMicValid(used)) return { type: "forged" };
  return { type: back === 0 ? "repeat" : "old", fCnt: used };
}
