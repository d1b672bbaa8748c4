import type { Cut, FlashOperation } from "#sim/flash/cuts.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import { type BootMaker, bankBoot, factoryFlash, Lifetime } from "./lifetime.ts";

/** A lifetime without any adversity, and a snapshot of the flash before each operation. */
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

function traceOf(granuleBytes: number, makeBoot: BootMaker = bankBoot): Baseline {
  const lifetime = new Lifetime(factoryFlash(granuleBytes), makeBoot);
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
export function liveThrough(
  granuleBytes: number,
  cuts: readonly PlannedCut[],
  prepare: (flash: NorFlash) => void = () => {},
): Lifetime {
  const lifetime = new Lifetime(factoryFlash(granuleBytes));
  const { flash, oracles } = lifetime;
  let planned = 0;
  try {
    prepare(flash);
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
