/** Multicast set-up (TS005). */
import { isDownlinkDr, isDownlinkFrequency } from "#sim/air/regional.ts";
import { addressOf } from "#sim/fleet/frame-heads.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { refused, repeated, says, wentOn } from "./answers.ts";
import type { Evidence, Said, ToDevice } from "./evidence.ts";
import type { Occasion } from "./finding.ts";
import { ANSWERS, type Requirement } from "./requirement.ts";

const UPLINK_MTYPES: readonly number[] = [2, 4];
const GROUP_SOURCE = "TS005-2.0.0 §4.2, McGroupSetupReq";
const SESSION_SOURCE = "TS005-2.0.0 §4.5, McClassCSessionReq";

export const MULTICAST_REQUIREMENTS: readonly Requirement[] = [
  {
    id: "M-01",
    says: "McGroupSetupReq has a range of counters, and its group can be addressed",
    source: GROUP_SOURCE,
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.heard("McGroupSetupReq").map(({ command: { minMcFCnt, maxMcFCnt }, frame }) => ({
        ok: minMcFCnt < maxMcFCnt,
        text: `counters from ${minMcFCnt} to ${maxMcFCnt}`,
        frames: [frame],
      })),
  },
  {
    id: "M-02",
    says: "McAddr is no device's address",
    source: "TS001-1.0.4 §6.1.1, DevAddr; TS005-2.0.0 §4.2",
    situations: ANSWERS,
    occasions: addresses,
  },
  {
    id: "M-03",
    says: "The devices of a group have one address, and each the key in a wrapping of its own",
    source: "TS005-2.0.0 §4.2, McKey_encrypted",
    situations: ANSWERS,
    occasions: wrappings,
  },
  says("M-04", "A group set-up that was answered well is not asked for again", GROUP_SOURCE, {
    request: "McGroupSetupReq",
    answer: "McGroupSetupAns",
  }),
  repeated("M-05", "forgetful-group", "McGroupSetupReq", GROUP_SOURCE),
  wentOn("M-06", "late", "FragSessionSetupReq", {
    says: "An answer to McGroupSetupReq that comes three intervals late still counts",
    source: GROUP_SOURCE,
  }),
  refused("M-07", "id-error", "isGroupSetUp", "McGroupSetupAns with IDerror is no success"),
  refused(
    "M-08",
    "other-group",
    "isGroupSetUp",
    "McGroupSetupAns for another group than the one asked about is no success",
  ),
  {
    id: "M-09",
    says: "McClassCSessionReq comes before its SessionTime",
    source: SESSION_SOURCE,
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.heard("McClassCSessionReq").map(({ atS, command: { sessionTime }, frame }) => {
        const leftS = sessionTime - (evidence.gpsAt(atS) % 2 ** 32);
        return { ok: leftS > 0, text: `${(-leftS).toFixed(0)} s too late`, frames: [frame] };
      }),
  },
  {
    id: "M-10",
    says: "All devices of a group are told one SessionTime, however often it is said",
    source: SESSION_SOURCE,
    situations: ANSWERS,
    occasions: oneSession,
  },
  {
    id: "M-11",
    says: "The session's frequency and data rate are of the region",
    source: SESSION_SOURCE,
    situations: ANSWERS,
    occasions: (evidence) => {
      const { region } = evidence.recorded.scenario.regional;
      return evidence.heard("McClassCSessionReq").map(({ command, frame }) => {
        const { dlFrequencyHz, dr } = command;
        const ok = isDownlinkFrequency(region, dlFrequencyHz) && isDownlinkDr(region, dr);
        return { ok, text: `${dlFrequencyHz} Hz, DR${dr}`, frames: [frame] };
      });
    },
  },
  says("M-12", "A session that was answered well is not asked for again", SESSION_SOURCE, {
    request: "McClassCSessionReq",
    answer: "McClassCSessionAns",
  }),
  repeated("M-13", "forgetful-session", "McClassCSessionReq", SESSION_SOURCE),
  refused("M-14", "dr-error", "isSessionSetUp", "A session answer with DRerror is no success"),
  refused("M-15", "freq-error", "isSessionSetUp", "A session answer with FreqError is no success"),
  refused(
    "M-16",
    "group-undefined",
    "isSessionSetUp",
    "A session answer with McGroupUndefined is no success",
  ),
  refused(
    "M-17",
    "start-missed",
    "isSessionSetUp",
    "A session answer with StartMissed (2.0.0) is no success",
  ),
  {
    id: "M-18",
    says: "No device is told of a session before it has the group",
    source: "TS005-2.0.0 §4.5, McGroupUndefined",
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence.recorded.devices.flatMap((device) => inOrder(device, evidence)),
  },
];

function addresses(evidence: Evidence): readonly Occasion[] {
  const devices = new Set<number>();
  for (const entry of evidence.recorded.entries) {
    if (entry.type !== "event" || entry.event.type !== "uplink") continue;
    const { phyPayload } = entry.event;
    if (UPLINK_MTYPES.includes((phyPayload[0] ?? 0) >> 5)) devices.add(addressOf(phyPayload));
  }
  return evidence.heard("McGroupSetupReq").map(({ command: { mcAddr }, frame }) => ({
    ok: !devices.has(mcAddr),
    text: `${mcAddr.toString(16)} is a device's`,
    frames: [frame],
  }));
}

function wrappings(evidence: Evidence): readonly Occasion[] {
  const firsts = firstOfEach(evidence.heard("McGroupSetupReq"));
  const seen = new Set<string>();
  return firsts.map(({ command, frame }) => {
    const key = Buffer.from(command.mcKeyEncrypted).toString("hex");
    const isNew = !seen.has(key);
    seen.add(key);
    const isOne = command.mcAddr === firsts[0]?.command.mcAddr;
    const text = isNew ? "another address" : "the key in another device's wrapping";
    return { ok: isNew && isOne, text, frames: [frame] };
  });
}

function oneSession(evidence: Evidence): readonly Occasion[] {
  const requests = evidence.heard("McClassCSessionReq");
  const first = requests[0]?.command.sessionTime;
  return requests.map(({ command: { sessionTime }, frame }) => ({
    ok: sessionTime === first,
    text: `${sessionTime}, and ${first} before`,
    frames: [frame],
  }));
}

function inOrder({ id }: DeviceResult, evidence: Evidence): readonly Occasion[] {
  const [session] = evidence.heard("McClassCSessionReq", id);
  if (session === undefined) return [];
  const good = evidence
    .said("McGroupSetupAns", id)
    .find(({ command: { status } }) => !status.idError);
  const ok = good !== undefined && good.atS <= session.atS;
  return [{ ok, text: `device ${id} had no group`, frames: [session.frame] }];
}

function firstOfEach<C extends ToDevice>(all: readonly Said<C>[]): readonly Said<C>[] {
  const ids = new Set<number>();
  return all.filter(({ id }) => !ids.has(id) && ids.add(id));
}
