import { CLOCK_REQUIREMENTS } from "./clock.ts";
import { DEPLOYMENT_REQUIREMENTS } from "./deployments.ts";
import type { Evidence } from "./evidence.ts";
import { type Finding, judge } from "./finding.ts";
import { FRAGMENT_REQUIREMENTS } from "./fragments.ts";
import { JOIN_REQUIREMENTS } from "./joins.ts";
import { MULTICAST_REQUIREMENTS } from "./multicast.ts";
import type { Requirement, Situation } from "./requirement.ts";

/** All that is asked of a server, in the order of the report. */
export const REQUIREMENTS: readonly Requirement[] = [
  ...JOIN_REQUIREMENTS,
  ...CLOCK_REQUIREMENTS,
  ...MULTICAST_REQUIREMENTS,
  ...FRAGMENT_REQUIREMENTS,
  ...DEPLOYMENT_REQUIREMENTS,
];

export interface Judged {
  readonly requirement: Requirement;
  readonly finding: Finding;
}

/** A situation that was not recorded leaves its requirements untried. */
export function judgeAll(evidences: ReadonlyMap<Situation, Evidence>): readonly Judged[] {
  return REQUIREMENTS.map((requirement) => {
    const occasions = requirement.situations.flatMap((situation) => {
      const evidence = evidences.get(situation);
      return evidence === undefined ? [] : requirement.occasions(evidence);
    });
    return { requirement, finding: judge(occasions) };
  });
}
