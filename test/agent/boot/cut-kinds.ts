import type { Cut, FlashOperation } from "#sim/flash/cuts.ts";

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

/** One of each kind, and a program that ends after half its bytes. */
export function cutsOfPairs(operation: FlashOperation): readonly Cut[] {
  const half: Cut = { kind: "prefix", bytes: 33 };
  const cuts = representativeCuts(operation);
  return operation.kind === "program" ? [...cuts, half] : cuts;
}

/** One of each kind, and prefixes where something may change: around a granule, middle, end. */
export function sampledCuts(operation: FlashOperation, granuleBytes: number): readonly Cut[] {
  const { sizeBytes } = operation;
  const lengths = [
    1,
    granuleBytes - 1,
    granuleBytes,
    granuleBytes + 1,
    sizeBytes / 2,
    sizeBytes - 1,
  ];
  const distinct = new Set(lengths.filter((length) => length > 0 && length < sizeBytes));
  const prefixes = [...distinct].map((bytes): Cut => ({ kind: "prefix", bytes }));
  return [...representativeCuts(operation), ...prefixes];
}

/** Of a later cut it is not known whether it meets a program or an erase. */
export const ANY_CUT: readonly Cut[] = [
  { kind: "notDone" },
  { kind: "doneButLost" },
  { kind: "unstable" },
  { kind: "partialBits" },
  { kind: "halfErase" },
  { kind: "randomErase" },
  { kind: "marginalErase" },
  { kind: "prefix", bytes: 33 },
];
