/** Joining, frame counters and receive windows (TS001). */
import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import { rx1FrequencyHz } from "#sim/air/channels.ts";
import { drOfRate, isDownlinkFrequency, PHY_OVERHEAD_BYTES } from "#sim/air/regional.ts";
import { addressOf, fCntOf } from "#sim/fleet/frame-heads.ts";
import { type Answer, answerFrames, type Evidence, phyFrame } from "./evidence.ts";
import type { Occasion } from "./finding.ts";
import type { ForgeryName } from "./forgeries.ts";
import { ANSWERS, type Requirement } from "./requirement.ts";

const JOIN_REQUEST = 0;
const JOIN_ACCEPT = 1;
const NOT_ANSWERED_WITHIN_US = 7e6;

const mTypeOf = (phyPayload: Uint8Array | undefined) => (phyPayload?.[0] ?? 0) >> 5;
const isToJoin = (answer: Answer) => mTypeOf(answer.items[0]?.phyPayload) === JOIN_ACCEPT;

export const JOIN_REQUIREMENTS: readonly Requirement[] = [
  {
    id: "L-01",
    says: "A join request is answered 5 s after it, or else 6 s",
    source: "TS001-1.0.4 §6.2.2; JOIN_ACCEPT_DELAY1, JOIN_ACCEPT_DELAY2 of RP002",
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence
        .answersTo(({ phyPayload }) => mTypeOf(phyPayload) === JOIN_REQUEST)
        .map((answer) => timed(answer, 5e6)),
  },
  {
    id: "L-02",
    says: "Another uplink is answered 1 s after it, or else 2 s",
    source: "TS001-1.0.4 §3.3.1; RECEIVE_DELAY1 of RP002",
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence
        .answersTo(({ phyPayload }) => mTypeOf(phyPayload) !== JOIN_REQUEST)
        .map((answer) => timed(answer, 1e6)),
  },
  {
    id: "L-03",
    says: "The first window is on the frequency that belongs to the uplink's",
    source: "RP002, RX1 of each region",
    situations: ANSWERS,
    occasions: (evidence) => evidence.answers.flatMap((answer) => onRx1(answer, evidence)),
  },
  {
    id: "L-04",
    says: "Downlinks use frequencies that the region has for them",
    source: "RP002, channel plan of each region",
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.answers.flatMap((answer) =>
        answer.items.map(({ frequencyHz }) => ({
          ok: isDownlinkFrequency(evidence.recorded.scenario.regional.region, frequencyHz),
          text: `${frequencyHz} Hz`,
          frames: answerFrames(answer),
        })),
      ),
  },
  {
    id: "L-05",
    says: "No downlink is longer than its data rate carries",
    source: "RP002, maximum payload size of each region",
    situations: ANSWERS,
    occasions: (evidence) => evidence.answers.flatMap((answer) => short(answer, evidence)),
  },
  {
    id: "L-06",
    says: "No frame counter is used for two different frames to one address",
    source: "TS001-1.0.4 §4.3.1.5",
    situations: [...ANSWERS, "conformance-gateways", "conformance-again"],
    occasions: counters,
  },
  {
    id: "L-07",
    says: "A downlink id is used once for each gateway",
    source: "ChirpStack gw.proto, DownlinkFrame; Semtech PROTOCOL.TXT §5.3",
    situations: ["conformance-gateways"],
    occasions: ids,
  },
  {
    id: "L-08",
    says: "A join storm is survived: every device joins within ten intervals",
    source: "TS001-1.0.4 §7, retransmissions",
    situations: ["conformance-storm"],
    occasions: ({ recorded: { devices } }) =>
      devices.map(({ id, state, timeline }) => ({
        ok: timeline.some(({ text }) => text.startsWith("clock corrected")),
        text: `device ${id} is ${state}, and knows not the time`,
        frames: [],
      })),
  },
  forged("L-09", "join request again", "A DevNonce is good once", "TS001-1.0.4 §6.2.5"),
  forged(
    "L-10",
    "join request with a wrong MIC",
    "A join request with a wrong MIC is not answered",
    "TS001-1.0.4 §6.2.5",
  ),
  forged(
    "L-11",
    "join request of nobody",
    "A join request of an unknown device is not answered",
    "TS001-1.0.4 §6.2.5",
  ),
  forged(
    "L-12",
    "uplink again",
    "An uplink that was taken already is not answered anew",
    "TS001-1.0.4 §4.3.1.5",
  ),
  forged(
    "L-13",
    "uplink with a wrong MIC",
    "An uplink with a wrong MIC is not answered",
    "TS001-1.0.4 §4.4",
  ),
  {
    id: "L-14",
    says: "An uplink that two gateways heard is answered once",
    source: "TS002, deduplication; ChirpStack deduplication_delay",
    situations: ["conformance-answers-v1"],
    occasions: answeredOnce,
  },
];

function timed(answer: Answer, firstUs: number): Occasion {
  const allowed = [firstUs, firstUs + 1e6];
  const wrong = answer.delaysUs.find((delayUs) => !allowed.includes(delayUs ?? 0));
  const text = `${(wrong ?? 0) / 1e6} s after the uplink`;
  return { ok: wrong === undefined, text, frames: answerFrames(answer) };
}

function onRx1(answer: Answer, { recorded }: Evidence): readonly Occasion[] {
  const { uplink, items, delaysUs } = answer;
  const first = isToJoin(answer) ? 5e6 : 1e6;
  const item = items[delaysUs.indexOf(first)];
  if (uplink === undefined || item === undefined) return [];
  const wanted = rx1FrequencyHz(recorded.scenario.regional.region, uplink.frequencyHz);
  const text = `${item.frequencyHz} Hz after ${uplink.frequencyHz} Hz`;
  return [{ ok: item.frequencyHz === wanted, text, frames: answerFrames(answer) }];
}

function short(answer: Answer, { recorded }: Evidence): readonly Occasion[] {
  const { region } = recorded.scenario.regional;
  return answer.items.flatMap(({ phyPayload, rate }) => {
    const dr = rate && drOfRate(region.downlinkRates, rate);
    if (dr === undefined || isToJoin(answer)) return [];
    const bytes = phyPayload.length - PHY_OVERHEAD_BYTES;
    const most = maxPayloadBytes(region, dr);
    const text = `${bytes} bytes at DR${dr}, which carries ${most}`;
    return [{ ok: bytes <= most, text, frames: answerFrames(answer) }];
  });
}

/** What was on the air twice with the same bytes is a repetition. */
function counters({ onAir }: Evidence): readonly Occasion[] {
  const byCounter = new Map<string, Uint8Array>();
  return onAir.flatMap(({ gateway, downlink: { phyPayload, startUs } }) => {
    if (mTypeOf(phyPayload) === JOIN_ACCEPT) return [];
    const key = `${addressOf(phyPayload)} ${fCntOf(phyPayload)}`;
    const other = byCounter.get(key);
    byCounter.set(key, phyPayload);
    const ok = other === undefined || Buffer.compare(other, phyPayload) === 0;
    const frame = phyFrame(startUs, gateway, "down", phyPayload);
    const before = other === undefined ? [] : [phyFrame(startUs, gateway, "down", other)];
    return [{ ok, text: `FCnt ${fCntOf(phyPayload)} again`, frames: [...before, frame] }];
  });
}

function ids({ answers }: Evidence): readonly Occasion[] {
  const seen = new Map<string, Answer>();
  return answers.map((answer) => {
    const key = `${answer.gateway} ${answer.downlinkId}`;
    const other = seen.get(key);
    seen.set(key, answer);
    const same = other !== undefined && isSame(other, answer);
    const text = `downlink ${answer.downlinkId} again`;
    return { ok: other === undefined || same, text, frames: answerFrames(answer) };
  });
}

/** A frame that nobody acknowledged may be sent again. */
function isSame({ items: [one] }: Answer, { items: [other] }: Answer): boolean {
  if (one === undefined || other === undefined) return false;
  return Buffer.compare(one.phyPayload, other.phyPayload) === 0;
}

function forged(id: string, name: ForgeryName, says: string, source: string): Requirement {
  return {
    id,
    says,
    source,
    situations: ANSWERS,
    occasions: ({ recorded: { forgeries }, answers }) =>
      forgeries
        .filter((forgery) => forgery.name === name)
        .map(({ gateway, atUs, phyPayload }) => {
          const answer = answers.find(
            (one) =>
              one.gateway === gateway &&
              one.atUs >= atUs &&
              one.atUs < atUs + NOT_ANSWERED_WITHIN_US &&
              one.uplink?.phyPayload === phyPayload,
          );
          const up = phyFrame(atUs, gateway, "up", phyPayload);
          const down = answer === undefined ? [] : answerFrames(answer).slice(1);
          return { ok: answer === undefined, text: "answered", frames: [up, ...down] };
        }),
  };
}

function answeredOnce({ recorded: { forgeries }, answers }: Evidence): readonly Occasion[] {
  return forgeries
    .filter(({ name }) => name === "copy through another gateway")
    .map(({ gateway, atUs, phyPayload }) => {
      const found = answers.filter(
        ({ uplink }) => uplink !== undefined && Buffer.compare(uplink.phyPayload, phyPayload) === 0,
      );
      const up = phyFrame(atUs, gateway, "up", phyPayload);
      const frames = [up, ...found.flatMap((answer) => answerFrames(answer).slice(1))];
      // What a gateway refused for the first window may be said again for the second.
      const windows = new Set(found.map(({ delaysUs: [delayUs] }) => delayUs));
      return { ok: windows.size === found.length, text: `${found.length} answers`, frames };
    });
}
