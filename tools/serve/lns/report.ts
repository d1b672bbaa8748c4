import { utcSecondsOf } from "#hal/net/gps-time.ts";
import { CHECKS } from "#sim/lns/checks.ts";
import type { Lns } from "#sim/lns/lns.ts";
import { isComplete, type LnsDevice } from "#sim/lns/lns-device.ts";
import type { Grade } from "#sim/lns/mark-sheet.ts";
import type { LnsReport } from "./schema.ts";

type DeviceReport = LnsReport["devices"][number];

export type LnsFacts = Omit<LnsReport, "schemaVersion" | "devices">;

export function lnsReportOf(lns: Lns, facts: LnsFacts): LnsReport {
  const devices = lns.devices.map((device) => deviceReportOf(device, lns));
  return { schemaVersion: 1, ...facts, devices };
}

/** Every device is complete, and nothing that was tried failed. */
export function isGood({ devices }: LnsReport): boolean {
  return devices.every(({ complete, failed }) => complete && failed === 0);
}

function deviceReportOf(device: LnsDevice, lns: Lns): DeviceReport {
  const checks = device.examiner.grades().map((grade) => checkOf(grade, lns));
  const count = (result: DeviceReport["checks"][number]["result"]) =>
    checks.filter((check) => check.result === result).length;
  return {
    devEui: device.devEui,
    joined: device.joinedUs !== undefined,
    complete: isComplete(device),
    error: device.row?.errorMsg ?? "",
    passed: count("pass"),
    failed: count("fail"),
    notTried: count("notTried"),
    checks,
  };
}

function checkOf({ id, mark }: Grade, lns: Lns): DeviceReport["checks"][number] {
  return {
    id,
    ...CHECKS[id],
    result: mark?.result ?? "notTried",
    why: mark?.why ?? "",
    evidence: mark?.hex ?? "",
    at: mark === undefined ? null : utcOf(lns.gpsAt(mark.at)),
  };
}

function utcOf(gpsSeconds: number): string {
  return new Date(utcSecondsOf(gpsSeconds) * 1000).toISOString().replace(".000Z", "Z");
}
