/** Clock synchronization (TS003). */
import type { Evidence, Said } from "./evidence.ts";
import type { Occasion } from "./finding.ts";
import { ANSWERS, type Requirement, type Situation } from "./requirement.ts";

/** An answer that is still in the windows of its request. */
const ANSWERED_WITHIN_S = 3;
/** Of TS003: better than the second that its fields have. */
const ERROR_MAX_S = 1.5;

type Request = ReturnType<typeof requestsIn>[number];

export const CLOCK_REQUIREMENTS: readonly Requirement[] = [
  {
    id: "C-01",
    says: "AppTimeReq with AnsRequired is answered in the windows behind it",
    source: "TS003-2.0.0 §3.2, AppTimeReq",
    situations: ANSWERS,
    occasions: (evidence) =>
      byDevice(evidence, ({ request, answer }) => ({
        ok: answer !== undefined,
        text: "no AppTimeAns",
        frames: framesOf(request, answer),
      })),
  },
  {
    id: "C-02",
    says: "AppTimeAns has the token of the request",
    source: "TS003-2.0.0 §3.2, AppTimeAns",
    situations: ANSWERS,
    occasions: (evidence) =>
      byDevice(evidence, ({ request, answer }) => {
        const { tokenReq } = request.command.param;
        const tokenAns = answer?.command.param.tokenAns;
        const text = `token ${tokenAns} to ${tokenReq}`;
        return { ok: tokenAns === tokenReq, text, frames: framesOf(request, answer) };
      }),
  },
  corrected("C-03", "AppTimeAns corrects a clock to within a second", ANSWERS),
  corrected("C-04", "A gateway with a wrong GPS time does not put devices wrong", [
    "conformance-gateways",
  ]),
];

function corrected(id: string, says: string, situations: readonly Situation[]): Requirement {
  return {
    id,
    says,
    source: "TS003-2.0.0 §3.2, TimeCorrection",
    situations,
    occasions: (evidence) =>
      byDevice(evidence, ({ request, answer }) => {
        const { deviceTime } = request.command;
        const shown = deviceTime + (answer?.command.timeCorrection ?? 0);
        const offS = shown - evidence.gpsAt(request.atS);
        const text = `device ${request.id} is ${offS.toFixed(1)} s off`;
        return { ok: Math.abs(offS) <= ERROR_MAX_S, text, frames: framesOf(request, answer) };
      }),
  };
}

/** The last request of each device that had an answer, or else the last. */
function byDevice(
  evidence: Evidence,
  occasionOf: (pair: Request) => Occasion,
): readonly Occasion[] {
  return evidence.recorded.devices.flatMap(({ id }) => {
    const requests = requestsIn(evidence, id);
    const last = requests.findLast(({ answer }) => answer !== undefined) ?? requests.at(-1);
    return last === undefined ? [] : [occasionOf(last)];
  });
}

function requestsIn(evidence: Evidence, id: number) {
  const answers = evidence.heard("AppTimeAns", id);
  return evidence
    .said("AppTimeReq", id)
    .filter(({ command }) => command.param.ansRequired)
    .map((request) => {
      const endS = request.atS + ANSWERED_WITHIN_S;
      const answer = answers.find(({ atS }) => atS > request.atS && atS < endS);
      return { request, answer };
    });
}

function framesOf(
  request: Pick<Said<unknown>, "frame">,
  answer: Pick<Said<unknown>, "frame"> | undefined,
) {
  return answer === undefined ? [request.frame] : [request.frame, answer.frame];
}
