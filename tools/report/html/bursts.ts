import type { DeviceFrames } from "#sim/fleet/survey.ts";

const BURST_MAX = 32;

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
