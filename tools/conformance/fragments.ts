/** Fragmented data block transport (TS004), and the frames that carry it. */
import { Encoder } from "#agent/fec/encoder.ts";
import { FRAG_PORT } from "#agent/packages/fragmentation.wire.ts";
import { addressOf, fCntOf } from "#sim/fleet/frame-heads.ts";
import { parityVariantOf } from "#sim/fleet/settings.ts";
import { parsePhyPayload } from "#sim/mac/frame.ts";
import { refused, repeated, says } from "./answers.ts";
import { type Evidence, phyFrame } from "./evidence.ts";
import type { Occasion } from "./finding.ts";
import { ANSWERS, type Requirement } from "./requirement.ts";

const SETUP_SOURCE = "TS004-2.0.0 §3.2, FragSessionSetupReq";
const FRAGMENT_SOURCE = "TS004-2.0.0 §3.4, DataFragment";
const STATUS_SOURCE = "TS004-2.0.0 §3.1, FragSessionStatusReq";
/** A margin is kept by a scheduler that looks every second. */
const SPACING_SLACK_S = 0.5;
/** Of a frame on the air, and of the clocks of a server and of this machine. */
const WINDOW_SLACK_S = 6;

export const FRAGMENT_REQUIREMENTS: readonly Requirement[] = [
  {
    id: "F-01",
    says: "FragSessionSetupReq describes the block: NbFrag fragments less the padding",
    source: SETUP_SOURCE,
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.heard("FragSessionSetupReq").map(({ command, frame }) => {
        const { nbFrag, fragSize, padding } = command;
        const bytes = nbFrag * fragSize - padding;
        const ok = bytes === evidence.recorded.sent.length && padding < fragSize;
        return { ok, text: `${nbFrag} × ${fragSize} - ${padding} bytes`, frames: [frame] };
      }),
  },
  {
    id: "F-02",
    says: "The session is set up before its fragments come",
    source: SETUP_SOURCE,
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.kind("good").flatMap(({ id }) => {
        const [setUp] = evidence.heard("FragSessionSetupReq", id);
        const [first] = evidence.heard("DataFragment", id);
        if (first === undefined) return [];
        const ok = setUp !== undefined && setUp.atS < first.atS;
        return [{ ok, text: `device ${id} was not set up`, frames: [first.frame] }];
      }),
  },
  {
    id: "F-03",
    says: "Fragments are numbered from 1, none is left out, and none comes beyond the redundancy",
    source: FRAGMENT_SOURCE,
    situations: ANSWERS,
    occasions: numbers,
  },
  {
    id: "F-04",
    says: "Uncoded fragments are the block, in order",
    source: FRAGMENT_SOURCE,
    situations: ANSWERS,
    occasions: (evidence) => contents(evidence, false),
  },
  {
    id: "F-05",
    says: "Coded fragments are those of the version's parity matrix",
    source: "TS004-1.0.0 and 2.0.0, annex on the coding",
    situations: ANSWERS,
    occasions: (evidence) => contents(evidence, true),
  },
  {
    id: "F-06",
    says: "Fragments come within the session that the devices were told",
    source: "TS005-2.0.0 §4.5, SessionTime and TimeOut",
    situations: ANSWERS,
    occasions: inWindow,
  },
  {
    id: "F-07",
    says: "Fragments keep the margin that the deployment has",
    source: "ChirpStack multicast_class_c_margin; LoRaWAN FUOTA process TR002 §5",
    situations: ["conformance-vanish"],
    occasions: spaced,
  },
  {
    id: "F-08",
    says: "Frame counters of a group never fall on the air of a gateway",
    source: "TS001-1.0.4 §4.3.1.5; ChirpStack issue 361",
    situations: [...ANSWERS, "conformance-vanish"],
    occasions: rising,
  },
  {
    id: "F-09",
    says: "Multicast frames are unconfirmed, with a port and without MAC commands",
    source: "TS001-1.0.4 §12.1, multicast",
    situations: [...ANSWERS, "conformance-vanish"],
    occasions: plain,
  },
  says("F-10", "A set-up that was answered well is not said again", SETUP_SOURCE, {
    request: "FragSessionSetupReq",
    answer: "FragSessionSetupAns",
  }),
  repeated("F-11", "forgetful-block", "FragSessionSetupReq", SETUP_SOURCE),
  refused(
    "F-12",
    "encoding",
    "isBlockSetUp",
    "A set-up answer with its encoding bit is no success",
  ),
  refused("F-13", "memory", "isBlockSetUp", "A set-up answer with its memory bit is no success"),
  refused("F-14", "index", "isBlockSetUp", "A set-up answer with its index bit is no success"),
  refused(
    "F-15",
    "descriptor",
    "isBlockSetUp",
    "A set-up answer with WrongDescriptor is no success",
  ),
  refused(
    "F-16",
    "replay",
    "isBlockSetUp",
    "A set-up answer with SessionCntReplay (2.0.0) is no success",
  ),
  refused(
    "F-17",
    "other-index",
    "isBlockSetUp",
    "A set-up answer for another session is no success",
  ),
  {
    id: "F-18",
    says: "SessionCnt of 2.0.0 rises with every set-up that a device is sent",
    source: `${SETUP_SOURCE}, SessionCnt`,
    situations: ["conformance-answers-v2"],
    occasions: sessionCounters,
  },
  {
    id: "F-19",
    says: "Every device is asked for its status once its fragments have come",
    source: STATUS_SOURCE,
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.kind("good").map(({ id }) => {
        const last = evidence.heard("DataFragment", id).at(-1);
        const request = evidence.heard("FragSessionStatusReq", id).at(-1);
        const ok = request !== undefined && last !== undefined && request.atS > last.atS;
        const frames = [last, request].flatMap((said) => (said === undefined ? [] : [said.frame]));
        return { ok, text: `device ${id} is not asked`, frames };
      }),
  },
  repeated("F-20", "forgetful-status", "FragSessionStatusReq", STATUS_SOURCE),
  refused("F-21", "one-missing", "isStatusGood", "A status with MissingFrag above 0 is no success"),
  refused("F-22", "matrix-memory", "isStatusGood", "A status with its memory bit is no success"),
  refused("F-23", "mic-error", "isStatusGood", "A status with MICError (2.0.0) is no success"),
  refused(
    "F-24",
    "no-session",
    "isStatusGood",
    "A status of a session that does not exist (2.0.0) is no success",
  ),
];

/** Each fragment once, whoever heard it. */
function fragmentsIn(evidence: Evidence) {
  const byN = new Map<number, ReturnType<typeof heardFragments>[number]>();
  for (const said of heardFragments(evidence)) {
    const { n } = said.command.indexAndN;
    if (!byN.has(n)) byN.set(n, said);
  }
  return [...byN.values()].toSorted((a, b) => a.command.indexAndN.n - b.command.indexAndN.n);
}

function heardFragments(evidence: Evidence) {
  return evidence.heard("DataFragment");
}

/** Devices drop a fragment that another has overtaken (F-08): it was on the air all the same. */
function numbers(evidence: Evidence): readonly Occasion[] {
  const { totalFragments: total } = evidence.plan;
  const found = fragmentsIn(evidence);
  if (found.length === 0) return [];
  const ns = new Set(found.map(({ command }) => command.indexAndN.n));
  const missing = Array.from({ length: total }, (_, at) => at + 1).filter((n) => !ns.has(n));
  const overtaken = new Set(
    pairsOnAir(evidence)
      .filter(isOvertaken)
      .map(({ entry }) => groupFCntOf(entry)),
  );
  const ok = ns.size + missing.length === total && missing.length <= overtaken.size;
  const [first = total + 1] = missing;
  const text = `${ns.size} of ${total}, and N=${first} is not among them`;
  const behind = found.findIndex(({ command }) => command.indexAndN.n > first);
  const at = behind < 0 ? found.length : behind;
  return [{ ok, text, frames: found.slice(Math.max(0, at - 1), at + 1).map(({ frame }) => frame) }];
}

function contents(evidence: Evidence, isCoded: boolean): readonly Occasion[] {
  const { sent, scenario } = evidence.recorded;
  const { nbFrag } = evidence.plan;
  const { fragSize } = scenario.campaign;
  const packages = scenario.devices.kinds[0]?.device.packages ?? "v1";
  const variant = parityVariantOf({ packages, parity: "auto" });
  const block = new Uint8Array(nbFrag * fragSize);
  block.set(sent);
  const encoder = new Encoder(variant, fragSize, block);
  return fragmentsIn(evidence)
    .filter(({ command }) => command.indexAndN.n > nbFrag === isCoded)
    .map(({ command: { indexAndN, data }, frame }) => ({
      ok: Buffer.compare(encoder.fragment(indexAndN.n), data) === 0,
      text: `N=${indexAndN.n} has other bytes`,
      frames: [frame],
    }));
}

function inWindow(evidence: Evidence): readonly Occasion[] {
  const [session] = evidence.heard("McClassCSessionReq");
  if (session === undefined) return [];
  const { sessionTime, param } = session.command;
  return fragmentsIn(evidence).map(({ atS, command, frame }) => {
    const afterS = (evidence.gpsAt(atS) % 2 ** 32) - sessionTime;
    const ok = afterS >= -WINDOW_SLACK_S && afterS <= 2 ** param.timeOut + WINDOW_SLACK_S;
    const text = `N=${command.indexAndN.n} comes ${afterS.toFixed(1)} s after the start`;
    return { ok, text, frames: [session.frame, frame] };
  });
}

/** Frames on the air to groups, gateway by gateway. */
function multicastIn(evidence: Evidence) {
  const groups = new Set(evidence.heard("McGroupSetupReq").map(({ command }) => command.mcAddr));
  return evidence.onAir.filter(({ downlink }) => groups.has(addressOf(downlink.phyPayload)));
}

function pairsOnAir(evidence: Evidence) {
  const last = new Map<string, OnAir>();
  return multicastIn(evidence).flatMap((entry) => {
    const key = `${entry.gateway} ${addressOf(entry.downlink.phyPayload)}`;
    const before = last.get(key);
    last.set(key, entry);
    return before === undefined ? [] : [{ before, entry }];
  });
}

function spaced(evidence: Evidence): readonly Occasion[] {
  const { marginS } = evidence.recorded.scenario.campaign;
  return pairsOnAir(evidence).map(({ before, entry: { gateway, downlink } }) => {
    const gapS = (downlink.startUs - before.downlink.startUs) / 1e6;
    const frame = phyFrame(downlink.startUs, gateway, "down", downlink.phyPayload);
    return { ok: gapS >= marginS - SPACING_SLACK_S, text: `${gapS.toFixed(2)} s`, frames: [frame] };
  });
}

function rising(evidence: Evidence): readonly Occasion[] {
  return pairsOnAir(evidence).map((pair) => {
    const frames = [pair.before, pair.entry].map(({ gateway, downlink }) =>
      phyFrame(downlink.startUs, gateway, "down", downlink.phyPayload),
    );
    const text = `FCnt ${groupFCntOf(pair.entry)} after ${groupFCntOf(pair.before)}`;
    return { ok: !isOvertaken(pair), text, frames };
  });
}

type OnAir = ReturnType<typeof multicastIn>[number];

function isOvertaken({ before, entry }: { readonly before: OnAir; readonly entry: OnAir }) {
  return groupFCntOf(entry) < groupFCntOf(before);
}

function groupFCntOf({ downlink }: OnAir): number {
  return fCntOf(downlink.phyPayload);
}

function plain(evidence: Evidence): readonly Occasion[] {
  return multicastIn(evidence).map(({ gateway, downlink: { phyPayload, startUs } }) => {
    const frame = parsePhyPayload(phyPayload);
    const isPlain =
      frame.type === "data" && !frame.confirmed && !frame.ack && frame.fOpts.length === 0;
    const ok = isPlain && frame.fPort === FRAG_PORT;
    const text = "confirmed, with MAC commands, or on another port";
    return { ok, text, frames: [phyFrame(startUs, gateway, "down", phyPayload)] };
  });
}

function sessionCounters(evidence: Evidence): readonly Occasion[] {
  return evidence.recorded.devices.flatMap(({ id }) => {
    const counts = evidence
      .heard("FragSessionSetupReq", id)
      .flatMap(({ command, frame }) =>
        "sessionCnt" in command ? [{ count: command.sessionCnt, frame }] : [],
      );
    return counts.slice(1).map(({ count, frame }, at) => {
      const before = counts[at]?.count ?? 0;
      const text = `${count} after ${before} to device ${id}`;
      return { ok: count > before, text, frames: [frame] };
    });
  });
}
