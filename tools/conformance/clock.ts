/** Clock synchronization (TS003). */
import { type Evidence, isSameFrame, type Said, type ToDevice, type ToServer } from "./evidence.ts";
import type { Occasion } from "./finding.ts";
import { ANSWERS, type Requirement, type Situation } from "./requirement.ts";

/** DeviceTime and TimeCorrection have whole seconds. */
const ERROR_MAX_S = 2;

export const CLOCK_REQUIREMENTS: readonly Requirement[] = [
  {
    id: "C-01",
    says: "AppTimeReq with AnsRequired is answered in the windows behind it",
    source: "TS003-2.0.0 §3.2, AppTimeReq",
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence
        .said("AppTimeReq")
        .filter(({ command }) => command.param.ansRequired)
        .flatMap((request) => {
          const uplink = evidence.uplinkOf(request);
          if (uplink === undefined) return [];
          const ok = evidence.answersTo((one) => isSameFrame(one, uplink)).length > 0;
          return [{ ok, text: `device ${request.id} is not answered`, frames: [request.frame] }];
        }),
  },
  {
    id: "C-02",
    says: "AppTimeAns has the token of the request",
    source: "TS003-2.0.0 §3.2, AppTimeAns",
    situations: ANSWERS,
    occasions: (evidence) =>
      byDevice(evidence, ({ request, answer }) => {
        const { tokenReq } = request.command.param;
        const tokenAns = answer.command.param.tokenAns;
        const text = `token ${tokenAns} to ${tokenReq}`;
        return { ok: tokenAns === tokenReq, text, frames: framesOf(request, answer) };
      }),
  },
  corrected("C-03", "AppTimeAns corrects a clock as well as whole seconds can, to 2 s", ANSWERS),
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
        const shown = deviceTime + answer.command.timeCorrection;
        const offS = shown - evidence.gpsAt(request.atS);
        const text = `device ${request.id} is ${offS.toFixed(1)} s off`;
        return { ok: Math.abs(offS) <= ERROR_MAX_S, text, frames: framesOf(request, answer) };
      }),
  };
}

/** The last request of each device that had an answer, however late the answer reached it. */
function byDevice(evidence: Evidence, occasionOf: (pair: Pair) => Occasion): readonly Occasion[] {
  return evidence.recorded.devices.flatMap(({ id }) => {
    const last = pairsOf(evidence, id).at(-1);
    return last === undefined ? [] : [occasionOf(last)];
  });
}

interface Pair {
  readonly request: Said<NamedRequest>;
  readonly answer: Said<NamedAnswer>;
}
type NamedRequest = Extract<ToServer, { name: "AppTimeReq" }>;
type NamedAnswer = Extract<ToDevice, { name: "AppTimeAns" }>;

function pairsOf(evidence: Evidence, id: number): readonly Pair[] {
  const answers = evidence.heard("AppTimeAns", id);
  const requests = evidence.said("AppTimeReq", id);
  return requests.flatMap((request, at) => {
    const endS = requests[at + 1]?.atS ?? Number.POSITIVE_INFINITY;
    const answer = answers.find(({ atS }) => atS > request.atS && atS < endS);
    return answer === undefined ? [] : [{ request, answer }];
  });
}

function framesOf({ frame }: Pick<Said<unknown>, "frame">, answer: Pick<Said<unknown>, "frame">) {
  return [frame, answer.frame];
}
