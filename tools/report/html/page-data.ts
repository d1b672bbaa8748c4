import type { DeviceResult } from "#sim/fleet/result.ts";
import type { CellSurvey, DeviceFrames, SurveySample } from "#sim/fleet/survey.ts";
import type { Prediction } from "#tools/plan/predict.ts";
import type { Report } from "#tools/report/schema.ts";

/** Bounds of what a page embeds. */
export const MAPS_MAX = 2000;
export const FAILED_TIMELINES_MAX = 500;
export const SAMPLE_TIMELINES_MAX = 100;
const POINTS = 240;
const HOUR_S = 3600;
const BURST_MAX = 32;

export type Timeline = DeviceResult["timeline"];

export interface PageFacts {
  readonly report: Report;
  readonly description: string;
  readonly nbFrag: number;
  readonly replay: string;
  /** What a plan of the scenario says. */
  readonly expected: Prediction | undefined;
  readonly surveys: readonly CellSurvey[];
  readonly timelines: ReadonlyMap<number, Timeline>;
}

/** What the page's script draws from; plain JSON. */
export function pageData(facts: PageFacts) {
  const { report, nbFrag, replay, surveys, description, expected } = facts;
  const frames = new Map(surveys.flatMap(({ devices }) => devices.map((one) => [one.id, one])));
  const failedFirst = report.devices.toSorted(
    (a, b) => Number(a.state === "updated") - Number(b.state === "updated") || a.id - b.id,
  );
  const mapped = failedFirst.slice(0, MAPS_MAX).flatMap(({ id }) => frames.get(id) ?? []);
  const { scenario, seed, version, firmware, totals, expectations, virtualSeconds } = report;
  return {
    name: scenario.name,
    description,
    seed,
    version,
    firmware,
    totals,
    expectations,
    virtualSeconds,
    interrupted: report.interrupted,
    shard: report.shard,
    replay,
    nbFrag,
    expected: expected && { share: expected.updatedShare, leftOut: expected.leftOut },
    progress: progressOf(surveys, nbFrag, report.devices.length),
    bursts: burstsOf([...frames.values()]),
    losses: surveys.reduce((sum, one) => sum + one.losses, 0),
    sharedLosses: surveys.reduce((sum, one) => sum + one.sharedLosses, 0),
    devices: report.devices.map((one) => [
      one.id,
      one.devEui,
      one.kind,
      one.state,
      one.reason ?? "",
      one.fragments.received,
      one.fragments.lost,
      one.fragments.coded,
      one.fragments.beyondM,
      one.missingRows,
      one.energyJ,
      one.cell,
      one.serverComplete ? 1 : 0,
    ]),
    maps: Object.fromEntries(mapped.map((one) => [one.id, [base64(one.heard), base64(one.lost)]])),
    timelines: Object.fromEntries(
      [...facts.timelines].map(([id, rows]) => [id, rows.map(({ atS, text }) => [atS, text])]),
    ),
  };
}

/** Keeps the timelines of failed devices and of a sample of the others, and no more. */
export class TimelineKeeper {
  readonly timelines = new Map<number, Timeline>();
  #failed = 0;
  #sampled = 0;

  add({ id, state, timeline }: DeviceResult): void {
    if (state === "updated") {
      if (this.#sampled++ >= SAMPLE_TIMELINES_MAX) return;
    } else if (this.#failed++ >= FAILED_TIMELINES_MAX) return;
    this.timelines.set(id, timeline);
  }
}

/** The cells laid over each other: percentages of the fleet, and the busiest gateway's hour. */
function progressOf(surveys: readonly CellSurvey[], nbFrag: number, devices: number) {
  const endS = Math.max(0, ...surveys.map(({ samples }) => samples.at(-1)?.atS ?? 0));
  const atS = Array.from({ length: POINTS + 1 }, (_, at) => Math.round((endS * at) / POINTS));
  const shareOf = (at: number, read: (sample: SurveySample) => number, whole: number) => {
    const sum = surveys.reduce((all, one) => all + valueAt(one.samples, at, read), 0);
    return Math.round((1000 * 100 * sum) / Math.max(1, whole)) / 1000;
  };
  const airtime = (sample: SurveySample) => sample.airtimeS;
  const busiest = (at: number) =>
    surveys.reduce((most, { samples }) => {
      const spent = valueAt(samples, at, airtime) - valueAt(samples, at - HOUR_S, airtime);
      return Math.max(most, spent);
    }, 0);
  return {
    atS,
    joined: atS.map((at) => shareOf(at, ({ joined }) => joined, devices)),
    accepted: atS.map((at) => shareOf(at, ({ accepted }) => accepted, devices)),
    heard: atS.map((at) => shareOf(at, ({ heard }) => heard, devices * nbFrag)),
    complete: atS.map((at) => shareOf(at, ({ complete }) => complete, devices)),
    updated: atS.map((at) => shareOf(at, ({ updated }) => updated, devices)),
    dutyPercent: atS.map((at) => Math.round((1e5 * busiest(at)) / HOUR_S) / 1e3),
    airtimeS: surveys.reduce((sum, { samples }) => sum + (samples.at(-1)?.airtimeS ?? 0), 0),
    gateways: surveys.length,
  };
}

/** The last sample at or before a moment; a cell that has ended stays as it was. */
function valueAt(
  samples: readonly SurveySample[],
  atS: number,
  read: (sample: SurveySample) => number,
): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.atS ?? 0) <= atS) low = middle + 1;
    else high = middle;
  }
  const sample = samples[low - 1];
  return sample === undefined ? 0 : read(sample);
}

/** Number of runs of lost frames by length, 1 first; the last counts all longer ones. */
export function burstsOf(devices: readonly DeviceFrames[]): readonly number[] {
  const counts = new Array<number>(BURST_MAX).fill(0);
  for (const { lost } of devices) {
    let run = 0;
    for (let index = 0; index <= lost.length * 8; index++) {
      if (((lost[index >> 3] ?? 0) >> (index & 7)) & 1) {
        run += 1;
        continue;
      }
      const slot = Math.min(run, BURST_MAX) - 1;
      if (run > 0) counts[slot] = (counts[slot] ?? 0) + 1;
      run = 0;
    }
  }
  return counts;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
