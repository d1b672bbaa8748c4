/** What a deployment as a whole has to come to. */
import type { DeviceResult } from "#sim/fleet/result.ts";
import type { Evidence } from "./evidence.ts";
import type { Occasion } from "./finding.ts";
import { ANSWERS, type Requirement, SITUATIONS } from "./requirement.ts";

const PROCESS = "LoRaWAN FUOTA process TR002";
const WITHOUT_STORM = SITUATIONS.filter((name) => name !== "conformance-storm");
const WAITED_INTERVALS = 0.75;
/** Numbers of the gateways in the scenario. */
const SILENT_GATEWAY = 1;
const REFUSING_GATEWAY = 2;
const RESTARTED_GATEWAY = 4;

export const DEPLOYMENT_REQUIREMENTS: readonly Requirement[] = [
  {
    id: "D-01",
    says: "A deployment comes to its end, whatever its devices do",
    source: PROCESS,
    situations: WITHOUT_STORM,
    occasions: ({ recorded: { records } }) =>
      records.map(({ group, isComplete, complaints }) => ({
        ok: isComplete,
        text: `${group}: ${complaints.join("; ") || "never"}`,
        frames: [],
      })),
  },
  {
    id: "D-02",
    says: "Devices that do everything right are updated beside others that do not",
    source: PROCESS,
    situations: [...ANSWERS, "conformance-vanish"],
    occasions: (evidence) =>
      goodDevices(evidence).map(({ id, state, reason }) => ({
        ok: state === "updated",
        text: `device ${id}: ${state}, ${reason}`,
        frames: [],
      })),
  },
  {
    id: "D-03",
    says: "The server has on record that they are, once a gateway reported their status in time",
    source: "ChirpStack FuotaService.ListDevices",
    situations: [...ANSWERS, "conformance-vanish"],
    occasions: (evidence) =>
      goodDevices(evidence)
        .filter(({ state, id }) => state === "updated" && hasReported(id, evidence))
        .map((device) => onRecord(device, evidence)),
  },
  {
    id: "D-04",
    says: "Answers that come three times do no harm",
    source: "TS004, TS005: a device answers each request that it hears",
    situations: ANSWERS,
    occasions: (evidence) =>
      evidence
        .kind("wordy")
        .filter(({ id }) => hasReported(id, evidence))
        .map((device) => onRecord(device, evidence)),
  },
  {
    id: "D-05",
    says: "A device that vanished is on record with an error",
    source: "ChirpStack FuotaService.ListDevices, error_msg",
    situations: ["conformance-vanish"],
    occasions: (evidence) =>
      evidence.recorded.devices.filter(hasVanished).map((device) => {
        const row = evidence.row(device);
        const ok = row !== undefined && !row.isComplete && row.error !== "";
        return { ok, text: `device ${device.id} has none`, frames: [] };
      }),
  },
  {
    id: "D-06",
    says: "Fragments go on when a gateway was dark in mid-session",
    source: PROCESS,
    situations: ["conformance-vanish"],
    occasions: (evidence) => {
      const { totalFragments: total } = evidence.plan;
      const last = evidence.heard("DataFragment").reduce((n, { command }) => {
        return Math.max(n, command.indexAndN.n);
      }, 0);
      return [{ ok: last === total, text: `the last was N=${last} of ${total}`, frames: [] }];
    },
  },
  {
    id: "D-07",
    says: "The same devices can be updated again at once",
    source: PROCESS,
    situations: ["conformance-again"],
    occasions: (evidence) =>
      evidence.recorded.records.at(-1)?.rows.map(({ devEui, isComplete, error }) => ({
        ok: isComplete && error === "",
        text: `${devEui}: ${error || "not complete"}`,
        frames: [],
      })) ?? [],
  },
  {
    id: "G-01",
    says: "A gateway that refuses downlinks for a while costs time, not the update",
    source: "ChirpStack gw.proto, DownlinkTxAck; Semtech PROTOCOL.TXT §5.3, TX_ACK",
    situations: ["conformance-gateways"],
    occasions: (evidence) => behind(REFUSING_GATEWAY, evidence).map(updated),
  },
  {
    id: "G-02",
    says: "A gateway that acknowledges nothing does not keep others from their fragments",
    source: "ChirpStack gw.proto, DownlinkTxAck",
    situations: ["conformance-gateways"],
    occasions: (evidence) =>
      [0, REFUSING_GATEWAY, RESTARTED_GATEWAY]
        .flatMap((gateway) => behind(gateway, evidence))
        .map(updated),
  },
  {
    id: "G-03",
    says: "A gateway that acknowledges nothing is sent the following fragments all the same",
    source: "ChirpStack gw.proto, DownlinkTxAck",
    situations: ["conformance-gateways"],
    occasions: (evidence) => behind(SILENT_GATEWAY, evidence).map(updated),
  },
  {
    id: "G-04",
    says: "Downlinks follow a gateway's counter when it begins anew",
    source: "Semtech PROTOCOL.TXT §4, tmst",
    situations: ["conformance-gateways"],
    occasions: (evidence) => behind(RESTARTED_GATEWAY, evidence).map(updated),
  },
];

/** Those whose kind has no fault, and that no fault of the situation befell. */
function goodDevices(evidence: Evidence): readonly DeviceResult[] {
  return evidence.kind("good").filter((device) => !hasVanished(device));
}

/** While the server still waited for it: an attempt lasts an interval from when the first was asked. */
function hasReported(id: number, evidence: Evidence): boolean {
  const [first] = evidence.heard("FragSessionStatusReq");
  const untilS = (first?.atS ?? 0) + WAITED_INTERVALS * evidence.uplinkIntervalS;
  return evidence.said("FragSessionStatusAns", id).some((said) => {
    const { missingFrag } = said.command;
    return missingFrag === 0 && said.atS < untilS && evidence.uplinkOf(said) !== undefined;
  });
}

function hasVanished({ timeline }: DeviceResult): boolean {
  return timeline.some(({ text }) => text.startsWith("hears nothing"));
}

function onRecord(device: DeviceResult, evidence: Evidence): Occasion {
  const row = evidence.row(device);
  const ok = row?.isComplete === true && row.error === "";
  return { ok, text: `device ${device.id}: ${row?.error || "no record"}`, frames: [] };
}

function behind(gateway: number, { recorded }: Evidence): readonly DeviceResult[] {
  const gateways = recorded.scenario.air.gateways.length;
  return recorded.devices.filter(({ id }) => id % gateways === gateway);
}

function updated({ id, state, reason }: DeviceResult): Occasion {
  return { ok: state === "updated", text: `device ${id}: ${state}, ${reason}`, frames: [] };
}
