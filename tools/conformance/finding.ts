/** What came of a requirement, and by what frames one can tell. */
export type Verdict = "pass" | "fail" | "notTried";

export interface Frame {
  /** Seconds since the fleet began. */
  readonly atS: number;
  /** A device by number, or a gateway. */
  readonly who: string;
  readonly direction: "up" | "down";
  /** Undefined: the whole PHYPayload. */
  readonly fPort: number | undefined;
  readonly hex: string;
}

export interface Finding {
  readonly verdict: Verdict;
  /** Of how many occasions how many were right, and what was wrong with the first that was not. */
  readonly text: string;
  /** Of the first occasion that was not right, or else of the first. */
  readonly frames: readonly Frame[];
}

/** One occasion on which a requirement applied. */
export interface Occasion {
  readonly ok: boolean;
  /** What is wrong, if something is. */
  readonly text: string;
  readonly frames: readonly Frame[];
}

const FRAMES_MAX = 6;

/** Every occasion has to be right; without one, the requirement was not tried. */
export function judge(occasions: readonly Occasion[]): Finding {
  const [first] = occasions;
  if (first === undefined) return { verdict: "notTried", text: "no occasion", frames: [] };
  const wrong = occasions.filter(({ ok }) => !ok);
  const shown = wrong[0] ?? first;
  const right = occasions.length - wrong.length;
  const count = `${right} of ${occasions.length}`;
  return {
    verdict: wrong.length === 0 ? "pass" : "fail",
    text: wrong.length === 0 ? count : `${count}; ${shown.text}`,
    frames: shown.frames.slice(0, FRAMES_MAX),
  };
}
