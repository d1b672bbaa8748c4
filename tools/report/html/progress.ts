import type { CellSurvey, SurveySample } from "#sim/fleet/survey.ts";

const POINTS = 240;
const HOUR_S = 3600;

/** The cells laid over each other: percentages of the fleet, and the busiest gateway's hour. */
export function progressOf(surveys: readonly CellSurvey[], nbFrag: number, devices: number) {
  const endS = Math.max(0, ...surveys.map(({ samples }) => samples.at(-1)?.atS ?? 0));
  const atS = Array.from({ length: endS === 0 ? 0 : POINTS + 1 }, (_, at) =>
    Math.round((endS * at) / POINTS),
  );
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
    // Cells of devices that pull have none.
    gateways: surveys.filter((one) => one.devices.length > 0).length,
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
