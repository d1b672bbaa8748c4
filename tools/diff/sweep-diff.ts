import { tableText } from "#tools/run/words.ts";
import type { SweepReport, SweptConfiguration } from "#tools/sweep/schema.ts";

export interface SweepChange {
  readonly values: readonly string[];
  readonly before: SweptConfiguration | undefined;
  readonly after: SweptConfiguration | undefined;
}

/** Configurations of two sweeps that came out otherwise, known by their values. */
export function diffSweeps(a: SweepReport, b: SweepReport): readonly SweepChange[] {
  const keyOf = ({ values }: SweptConfiguration) => values.join("\u0000");
  const known = new Map(b.configurations.map((one) => [keyOf(one), one]));
  const changed = a.configurations.flatMap((before): SweepChange[] => {
    const after = known.get(keyOf(before));
    known.delete(keyOf(before));
    return after !== undefined && outcomeOf(before) === outcomeOf(after)
      ? []
      : [{ values: before.values, before, after }];
  });
  const added = [...known.values()].map((after) => ({
    values: after.values,
    before: undefined,
    after,
  }));
  return [...changed, ...added];
}

export function sweepDiffText(changes: readonly SweepChange[]): string {
  if (changes.length === 0) return "same verdicts\n";
  const cell = (one: SweptConfiguration | undefined) =>
    one === undefined
      ? "not run"
      : `${(100 * one.updatedShare).toFixed(1)} % (${one.ok} of ${one.runs.length} runs as expected)`;
  const rows = changes.map(({ values, before, after }) => [
    values.join(" · "),
    cell(before),
    cell(after),
  ]);
  return tableText([["configuration", "before", "after"], ...rows]);
}

function outcomeOf({ runs }: SweptConfiguration): string {
  return JSON.stringify(runs.map(({ seed, ok, updated, reasons }) => [seed, ok, updated, reasons]));
}
