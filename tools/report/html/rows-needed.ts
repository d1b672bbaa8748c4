import { fullRank } from "#tools/plan/closed-form.ts";
import type { ReportedDevice } from "#tools/report/schema.ts";
import { ROWS_BEYOND_MAX } from "./expected.ts";

/** Shares of the devices that used parity, by rows taken beyond the lost ones: 0, 1, … */
export interface RowsNeeded {
  readonly devices: number;
  readonly meanBeyond: number;
  /** The last holds all larger ones too. */
  readonly seen: readonly number[];
  /** For a random matrix, over the losses that these devices had. */
  readonly closedForm: readonly number[];
  readonly closedFormMean: number;
}

const ROWS_SHOWN_MIN = 9;

export function rowsNeededOf(devices: readonly ReportedDevice[]): RowsNeeded {
  const done = devices
    .filter(({ missingRows, fragments }) => missingRows === 0 && fragments.coded > 0)
    .map(({ fragments }) => ({
      beyond: fragments.beyondM,
      lost: fragments.coded - fragments.beyondM,
    }))
    .filter(({ lost }) => lost > 0);
  const most = done.reduce((high, { beyond }) => Math.max(high, beyond), ROWS_SHOWN_MIN - 1);
  const size = Math.min(most, ROWS_BEYOND_MAX) + 1;
  const count = Math.max(1, done.length);
  const seen = new Array<number>(size).fill(0);
  const byLost = new Map<number, number>();
  for (const { beyond, lost } of done) {
    const slot = Math.min(beyond, size - 1);
    seen[slot] = (seen[slot] ?? 0) + 1 / count;
    byLost.set(lost, (byLost.get(lost) ?? 0) + 1 / count);
  }
  const lostShares = [...byLost];
  const atMost = (extra: number) =>
    lostShares.reduce((sum, [lost, share]) => sum + share * fullRank(lost, lost + extra), 0);
  const cumulated = Array.from({ length: size }, (_, extra) => atMost(extra));
  return {
    devices: done.length,
    meanBeyond: done.reduce((sum, { beyond }) => sum + beyond, 0) / count,
    seen,
    closedForm: cumulated.map((chance, extra) => chance - (cumulated[extra - 1] ?? 0)),
    closedFormMean: tailSum(atMost),
  };
}

/** Mean of a whole number by its tail: Σ P(more than e). */
function tailSum(atMost: (extra: number) => number): number {
  let mean = 0;
  const whole = atMost(60);
  for (let extra = 0; extra < 60; extra++) mean += whole - atMost(extra);
  return mean;
}
