/** Requirements that many requests and answers have alike. */
import type { DeploymentDevice } from "#hal/net/chirpstack-deployments.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import type { Evidence, Said, ToDevice, ToServer } from "./evidence.ts";
import type { Occasion } from "./finding.ts";
import { ANSWERS, type Requirement } from "./requirement.ts";

type DoneFlag = Exclude<keyof DeploymentDevice, "devEui" | "error" | "isComplete">;

/** A request on its way when the answer comes may still be said: up to two intervals later. */
const UNDER_WAY_INTERVALS = 2;
const GOOD_KIND = "good";

/** An answered request is not said again. */
export function says(
  id: string,
  text: string,
  source: string,
  { request, answer }: { request: ToDevice["name"]; answer: ToServer["name"] },
): Requirement {
  return {
    id,
    says: text,
    source,
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.kind(GOOD_KIND).flatMap((device) => {
        const answered = evidence
          .said(answer, device.id)
          .find((said) => evidence.uplinkOf(said) !== undefined);
        if (answered === undefined) return [];
        const endS = answered.atS + UNDER_WAY_INTERVALS * evidence.uplinkIntervalS;
        const again = evidence.heard(request, device.id).find(({ atS }) => atS > endS);
        const frames = again === undefined ? [answered.frame] : [answered.frame, again.frame];
        return [{ ok: again === undefined, text: `device ${device.id} is asked again`, frames }];
      }),
  };
}

/** A device of this kind forgets its first answer, and is asked again. */
export function repeated(
  id: string,
  kind: string,
  request: ToDevice["name"],
  source: string,
): Requirement {
  return {
    id,
    says: `${request} is said again to a device whose answer was lost`,
    source: `${source}; retransmission is the server's`,
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.kind(kind).map((device) => {
        const requests = evidence.heard(request, device.id);
        const text = `said ${requests.length} times to device ${device.id}`;
        return { ok: requests.length > 1, text, frames: framesOf(requests) };
      }),
  };
}

/** A device of this kind reaches the next stage. */
export function wentOn(
  id: string,
  kind: string,
  request: ToDevice["name"],
  words: Pick<Requirement, "says" | "source">,
): Requirement {
  return {
    id,
    ...words,
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.kind(kind).map((device) => {
        const requests = evidence.heard(request, device.id);
        const text = `device ${device.id} never hears ${request}`;
        return { ok: requests.length > 0, text, frames: framesOf(requests) };
      }),
  };
}

/** What a device of this kind answers is no success: neither booked as one, nor without an error. */
export function refused(id: string, kind: string, done: DoneFlag, text: string): Requirement {
  const isBlock = done === "isBlockSetUp" || done === "isStatusGood";
  return {
    id,
    says: text,
    source: isBlock
      ? "TS004-2.0.0 §3, status of the answer"
      : "TS005-2.0.0 §4, status of the answer",
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.kind(kind).flatMap((device) => refusal(device, done, evidence)),
  };
}

function refusal(device: DeviceResult, done: DoneFlag, evidence: Evidence): readonly Occasion[] {
  const answers = answersOf(device.id, done, evidence);
  const row = evidence.row(device);
  if (row === undefined || answers.length === 0) return [];
  const text = row[done]
    ? `device ${device.id} counts as done`
    : `device ${device.id}: no word of the error`;
  return [{ ok: !row[done] && row.error !== "", text, frames: framesOf(answers) }];
}

function answersOf(id: number, done: DoneFlag, evidence: Evidence): readonly Said<ToServer>[] {
  switch (done) {
    case "isGroupSetUp":
      return evidence.said("McGroupSetupAns", id);
    case "isSessionSetUp":
      return evidence.said("McClassCSessionAns", id);
    case "isBlockSetUp":
      return evidence.said("FragSessionSetupAns", id);
    case "isStatusGood":
      return evidence.said("FragSessionStatusAns", id);
    default:
      return done satisfies never;
  }
}

function framesOf(all: readonly Pick<Said<unknown>, "frame">[]) {
  return all.map(({ frame }) => frame);
}
