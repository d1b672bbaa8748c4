import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { planSession } from "#scenarios/session.ts";
import type { CellSurvey, SurveySample } from "#sim/fleet/survey.ts";
import type { PullMember } from "./cell.ts";

const SAMPLES_MAX = 400;

/** How far the devices of a cell have come, by time, for a report with pictures. */
export class PullSurvey {
  readonly #members: readonly PullMember[];
  readonly #units: number;
  #samples: SurveySample[] = [];
  #intervalUs: number;
  #nextUs = 0;

  /** `units`: what a whole image counts. */
  constructor(members: readonly PullMember[], units: number, intervalUs: number) {
    this.#members = members;
    this.#units = units;
    this.#intervalUs = intervalUs;
  }

  /** Keeps at most `SAMPLES_MAX` by thinning out and slowing down. */
  sample(nowUs: number, isLast = false): void {
    if (nowUs < this.#nextUs && !isLast) return;
    this.#nextUs = nowUs + this.#intervalUs;
    const sum = { joined: 0, accepted: 0, complete: 0, updated: 0, heard: 0 };
    for (const { node } of this.#members) {
      const { hasAnswer, hasBegun, isComplete } = node.observed;
      if (hasAnswer) sum.joined += 1;
      if (hasBegun) sum.accepted += 1;
      if (isComplete) sum.complete += 1;
      if (node.isUpdated) sum.updated += 1;
      const { offsetBytes = 0, sizeBytes = 1 } = node.status() ?? {};
      sum.heard += this.#units * (isComplete ? 1 : offsetBytes / sizeBytes);
    }
    this.#samples.push({ atS: Math.round(nowUs / 1e6), ...sum, airtimeS: 0 });
    if (this.#samples.length < SAMPLES_MAX) return;
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
    this.#intervalUs *= 2;
  }

  result(): CellSurvey {
    return { samples: this.#samples, devices: [], losses: 0, sharedLosses: 0 };
  }
}

/** Fragments of the same image elsewhere in the fleet: pictures add both up. */
export function newPullSurvey(
  members: readonly PullMember[],
  { campaign }: Pick<ResolvedScenario, "campaign">,
  sentBytes: number,
  intervalUs = 15_000_000,
): PullSurvey {
  return new PullSurvey(members, planSession(campaign, sentBytes).nbFrag, intervalUs);
}
