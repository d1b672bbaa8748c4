import type { Cut, FlashOperation } from "#sim/flash/cuts.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { type Adversity, factoryFlash, Lifetime } from "./lifetime.ts";
import { tinyLayout } from "./tiny.ts";

/** A lifetime without any adversity. */
export interface Baseline {
  readonly operations: readonly FlashOperation[];
  readonly boots: number;
}

const baselines = new Map<number, Baseline>();

export function baselineOf(granuleBytes: number): Baseline {
  let baseline = baselines.get(granuleBytes);
  if (baseline === undefined) {
    baseline = traceOf(granuleBytes);
    baselines.set(granuleBytes, baseline);
  }
  return baseline;
}

function traceOf(granuleBytes: number): Baseline {
  const lifetime = new Lifetime(factoryFlash(granuleBytes));
  const operations: FlashOperation[] = [];
  const watch = lifetime.flash.onOperation;
  lifetime.flash.onOperation = (operation) => {
    operations.push(operation);
    watch?.(operation);
  };
  lifetime.run();
  return { operations, boots: lifetime.oracles.boots };
}

/** Every way in which power can fail in an operation: for a program of 64 bytes, 67. */
export function allCuts(operation: FlashOperation): readonly Cut[] {
  const prefixes = Array.from({ length: operation.sizeBytes - 1 }, (_, index): Cut => {
    return { kind: "prefix", bytes: index + 1 };
  });
  return [...representativeCuts(operation), ...prefixes];
}

/** One of each kind. */
export function representativeCuts({ kind }: FlashOperation): readonly Cut[] {
  const common = ["notDone", "doneButLost", "unstable", "partialBits"] as const;
  const erase = ["halfErase", "randomErase", "marginalErase"] as const;
  return (kind === "program" ? common : [...common, ...erase]).map((each) => ({ kind: each }));
}

/** Prefixes where something may change: around a granule, in the middle, at the end. */
export function sampledPrefixes(sizeBytes: number, granuleBytes: number): readonly Cut[] {
  const lengths = [
    1,
    granuleBytes - 1,
    granuleBytes,
    granuleBytes + 1,
    sizeBytes / 2,
    sizeBytes - 1,
  ];
  const distinct = new Set(lengths.filter((length) => length > 0 && length < sizeBytes));
  return [...distinct].map((bytes) => ({ kind: "prefix", bytes }));
}

/** A cut this many operations after the one before it. */
export interface PlannedCut {
  readonly after: number;
  readonly cut: Cut;
}

/**
 * Lives a whole life with these cuts; the first counts from the first operation. A cut that the
 * life ends before is never made. Throws with everything needed to do it again.
 */
export function liveThrough(granuleBytes: number, cuts: readonly PlannedCut[]): Lifetime {
  const lifetime = new Lifetime(factoryFlash(granuleBytes));
  const { flash, oracles } = lifetime;
  let planned = 0;
  try {
    lifetime.run(() => {
      const next = cuts[planned];
      if (planned !== oracles.cuts || next === undefined) return;
      flash.cutAt(flash.operations + next.after, next.cut);
      planned += 1;
    });
    requireQuiescence(lifetime, granuleBytes);
  } catch (error) {
    const story = JSON.stringify({ granuleBytes, cuts });
    throw new Error(`liveThrough(${story}): ${String(error)}`, { cause: error });
  }
  return lifetime;
}

/** I10: what a cut may cost, in reboots and in operations, before the device is quiet again. */
const BOOTS_PER_CUT_MAX = 1;
const OPERATIONS_PER_CUT_MAX = 24;

function requireQuiescence({ flash, oracles }: Lifetime, granuleBytes: number): void {
  const baseline = baselineOf(granuleBytes);
  const factoryOperations = factoryFlash(granuleBytes).operations;
  const boots = oracles.boots - baseline.boots;
  const operations = flash.operations - factoryOperations - baseline.operations.length;
  if (boots > BOOTS_PER_CUT_MAX * oracles.cuts) {
    throw new RangeError(`I10: ${boots} more boots after ${oracles.cuts} cuts`);
  }
  if (operations > OPERATIONS_PER_CUT_MAX * oracles.cuts) {
    throw new RangeError(`I10: ${operations} more operations after ${oracles.cuts} cuts`);
  }
}

/** Single cuts: every operation with each of `cutsOf` it. Returns how many lives that were. */
export function liveThroughSingles(
  granuleBytes: number,
  cutsOf: (operation: FlashOperation) => readonly Cut[],
): number {
  let lives = 0;
  baselineOf(granuleBytes).operations.forEach((operation, after) => {
    for (const cut of cutsOf(operation)) {
      liveThrough(granuleBytes, [{ after, cut }]);
      lives += 1;
    }
  });
  return lives;
}

/**
 * Double cuts: one of each kind at every operation, then one of each kind at each of the next
 * `reach` operations. Only every `stride`-th pair, counting from `stride` - 1.
 */
export function liveThroughPairs(granuleBytes: number, reach: number, stride: number): number {
  let pairs = 0;
  let lives = 0;
  baselineOf(granuleBytes).operations.forEach((operation, first) => {
    for (const cut of representativeCuts(operation)) {
      for (let second = 0; second < reach; second++) {
        for (const secondCut of ANY_KIND) {
          pairs += 1;
          if (pairs % stride !== 0) continue;
          liveThrough(granuleBytes, [
            { after: first, cut },
            { after: second, cut: secondCut },
          ]);
          lives += 1;
        }
      }
    }
  });
  return lives;
}

/** Of a second cut it is not known whether it meets a program or an erase. */
const ANY_KIND: readonly Cut[] = [
  { kind: "notDone" },
  { kind: "doneButLost" },
  { kind: "unstable" },
  { kind: "partialBits" },
  { kind: "halfErase" },
  { kind: "prefix", bytes: 33 },
];

/** Storms: 3 to 12 cuts, each at random within 40 operations of the one before. */
export function liveThroughStorms(granuleBytes: number, seed: number, lives: number): number {
  for (let life = 0; life < lives; life++) {
    const key = drawKey(seed, life, "storm");
    let draws = 0;
    const below = (bound: number) => drawBelow(key, draws++, bound);
    const cuts = Array.from({ length: 3 + below(10) }, (): PlannedCut => {
      const bytes = 1 + below(63);
      const cut = ANY_KIND[below(ANY_KIND.length)] ?? { kind: "notDone" };
      return { after: below(40), cut: cut.kind === "prefix" ? { kind: "prefix", bytes } : cut };
    });
    liveThrough(granuleBytes, cuts);
  }
  return lives;
}

/** Rot while the supply is off: one bit of a state sector, before the given boot. */
export function liveThroughFlip(granuleBytes: number, boot: number, bit: number): void {
  liveThroughRot(granuleBytes, `bit ${bit} before boot ${boot}`, (flash, each) => {
    if (each !== boot) return;
    const sizeBytes = tinyLayout.state[0].sizeBytes;
    const region = tinyLayout.state[bit < 8 * sizeBytes ? 0 : 1];
    flash.flipBit(region.address + ((bit >> 3) % sizeBytes), bit & 7);
  });
}

/** A whole copy of the record goes, to erased or to zeros. */
export function liveThroughLoss(
  granuleBytes: number,
  boot: number,
  copy: 0 | 1,
  to: "erased" | "zeros",
): void {
  liveThroughRot(granuleBytes, `copy ${copy} ${to} before boot ${boot}`, (flash, each) => {
    if (each !== boot) return;
    const { address, sizeBytes } = tinyLayout.state[copy];
    flash.onOperation = undefined;
    flash.powerOn();
    flash.erase(address);
    if (to === "zeros") flash.program(address, new Uint8Array(sizeBytes));
  });
}

function liveThroughRot(granuleBytes: number, story: string, rot: Adversity): void {
  const lifetime = new Lifetime(factoryFlash(granuleBytes));
  const watch = lifetime.flash.onOperation;
  try {
    lifetime.run((flash, boot) => {
      rot(flash, boot);
      flash.onOperation = watch;
    });
  } catch (error) {
    throw new Error(`granule ${granuleBytes}, ${story}: ${String(error)}`, { cause: error });
  }
}
