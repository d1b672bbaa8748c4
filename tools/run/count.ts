import type { Scenario } from "#scenarios/schema.ts";

/** How an expectation names a number of devices: `all`, `12`, `>= 95%`. */
export type Count = NonNullable<Scenario["expect"]["updated"]>;

type Comparison = "<" | "<=" | ">" | ">=" | "=";

interface Bound {
  readonly comparison: Comparison;
  readonly value: number;
}

/** The comparison on a fleet of `devices`; the pattern of the scenario schema holds. */
function boundOf(count: Count, devices: number): Bound {
  if (count === "all") return { comparison: "=", value: devices };
  if (typeof count === "number") return { comparison: "=", value: count };
  const comparison = COMPARISONS.find((it) => count.startsWith(it));
  if (comparison === undefined) throw new RangeError(`not a count: ${count}`);
  const number = Number.parseFloat(count.slice(comparison.length));
  return { comparison, value: count.endsWith("%") ? (number * devices) / 100 : number };
}

/** Two-letter operators first: each is tried as a prefix. */
const COMPARISONS: readonly Comparison[] = ["<=", ">=", "<", ">", "="];

export function satisfies(count: Count, actual: number, devices: number): boolean {
  const { comparison, value } = boundOf(count, devices);
  switch (comparison) {
    case "<":
      return actual < value;
    case "<=":
      return actual <= value;
    case ">":
      return actual > value;
    case ">=":
      return actual >= value;
    case "=":
      return actual === value;
    default:
      return comparison satisfies never;
  }
}

/** Smallest number of `devices` that satisfies the count, if any does. */
export function leastOf(count: Count, devices: number): number | undefined {
  const { comparison, value } = boundOf(count, devices);
  const start = comparison === "<" || comparison === "<=" ? 0 : Math.floor(value);
  for (let actual = start; actual <= Math.min(devices, start + 1); actual++) {
    if (satisfies(count, actual, devices)) return actual;
  }
  return undefined;
}
