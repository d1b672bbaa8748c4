/** What befell the modem, as the one who speaks with it saw it. */
export type OutageEvent =
  /** It is set up, and does as it is told. */
  | "answered"
  /** A question went without an answer; or it could not be set up. */
  | "silent"
  /** The port has closed, cannot be opened, or another modem is there. */
  | "gone"
  /** The wait is over. */
  | "elapsed";

/** What to do about it. */
export type Remedy =
  | { readonly type: "nothing" }
  /** Ask it again, on a cleared line. */
  | { readonly type: "ask" }
  /** Close the port, open it anew, try every baud rate. */
  | { readonly type: "reopen" }
  /** By a command; it may hear what it cannot answer. */
  | { readonly type: "softReset" }
  /** By its reset pin or its power. */
  | { readonly type: "hardReset" }
  | { readonly type: "wait"; readonly ms: number };

export type Rung = "well" | "asking" | "reopening" | "softReset" | "hardReset" | "waiting";

/** Plain data. Counts are of the outage, but for those of a life. */
export interface RecoveryState {
  readonly rung: Rung;
  readonly asked: number;
  readonly softResets: number;
  readonly hardResets: number;
  readonly waits: number;
  readonly softResetsOfLife: number;
}

export interface Means {
  /** Whether its reset pin or its power can be reached. */
  readonly hardReset: boolean;
  /** An integer below the bound: modems that fell silent together are not to wake together. */
  readonly below: (bound: number) => number;
}

const ASKED_MAX = 2;
const SOFT_RESETS_MAX = 2;
const HARD_RESETS_MAX = 3;
/** Some firmware answers no more after 30 to 40 resets by command. */
const SOFT_RESETS_OF_LIFE_MAX = 20;
const WAITS_MS = [1000, 2000, 5000, 10_000, 30_000, 60_000] as const;
/** A wait is longer by less than a fifth. */
const JITTER_PART = 5;

const NOTHING: Remedy = { type: "nothing" };

export const WELL: RecoveryState = {
  rung: "well",
  asked: 0,
  softResets: 0,
  hardResets: 0,
  waits: 0,
  softResetsOfLife: 0,
};

export interface RecoveryStep {
  readonly state: RecoveryState;
  readonly remedy: Remedy;
}

/**
 * The ladder that brings a modem back: each rung has its budget, the mildest comes first, and from
 * the last one on it is waited for, longer each time. Nothing that an outage does is undone but by an
 * answer.
 */
export function stepRecovery(state: RecoveryState, event: OutageEvent, means: Means): RecoveryStep {
  switch (event) {
    case "answered":
      return { state: { ...WELL, softResetsOfLife: state.softResetsOfLife }, remedy: NOTHING };
    case "gone":
      return state.rung === "waiting" ? { state, remedy: NOTHING } : wait(state, means);
    case "elapsed":
      if (state.rung !== "waiting") return { state, remedy: NOTHING };
      return { state: { ...state, rung: "reopening" }, remedy: { type: "reopen" } };
    case "silent":
      return onSilence(state, means);
    default:
      return event satisfies never;
  }
}

function onSilence(state: RecoveryState, means: Means): RecoveryStep {
  switch (state.rung) {
    case "well":
    case "asking":
      if (state.asked < ASKED_MAX) {
        const asked = state.asked + 1;
        return { state: { ...state, rung: "asking", asked }, remedy: { type: "ask" } };
      }
      return { state: { ...state, rung: "reopening" }, remedy: { type: "reopen" } };
    case "reopening":
      return softReset(state, means);
    case "softReset":
      return hardReset(state, means);
    case "hardReset":
      return wait(state, means);
    case "waiting":
      return { state, remedy: NOTHING };
    default:
      return state.rung satisfies never;
  }
}

function softReset(state: RecoveryState, means: Means): RecoveryStep {
  const { softResets, softResetsOfLife } = state;
  if (softResets >= SOFT_RESETS_MAX || softResetsOfLife >= SOFT_RESETS_OF_LIFE_MAX) {
    return hardReset(state, means);
  }
  const counted = { softResets: softResets + 1, softResetsOfLife: softResetsOfLife + 1 };
  return { state: { ...state, ...counted, rung: "softReset" }, remedy: { type: "softReset" } };
}

function hardReset(state: RecoveryState, means: Means): RecoveryStep {
  if (!means.hardReset || state.hardResets >= HARD_RESETS_MAX) return wait(state, means);
  const hardResets = state.hardResets + 1;
  return { state: { ...state, hardResets, rung: "hardReset" }, remedy: { type: "hardReset" } };
}

function wait(state: RecoveryState, { below }: Means): RecoveryStep {
  const baseMs = WAITS_MS[Math.min(state.waits, WAITS_MS.length - 1)] ?? 0;
  const ms = baseMs + below(baseMs / JITTER_PART);
  return {
    state: { ...state, rung: "waiting", waits: state.waits + 1 },
    remedy: { type: "wait", ms },
  };
}
