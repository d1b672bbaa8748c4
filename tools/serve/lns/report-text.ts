import type { Lns } from "#sim/lns/lns.ts";
import type { LnsReport } from "./schema.ts";

type DeviceReport = LnsReport["devices"][number];
type Check = DeviceReport["checks"][number];

export function progressText(name: string, { phase, progress }: Lns): string {
  const { devices, joined, timeTold, complete, sent, fragments } = progress;
  const air = fragments === 0 ? "" : `  fragment ${sent} of ${fragments}`;
  return `${name} ${phase}  joined ${joined}  knowing the time ${timeTold}  complete ${complete}  of ${devices}${air}`;
}

/** Beyond so many devices only what failed has a line. */
const WHOLE_MAX = 5;
const EVIDENCE_CHARACTERS = 48;
const SIGNS = { pass: "✓", fail: "✗", notTried: "·" } as const;

export function reportText({ devices }: LnsReport): string {
  const isShort = devices.length > WHOLE_MAX;
  const complete = devices.filter((device) => device.complete).length;
  const good = devices.filter(({ failed }) => failed === 0).length;
  return [
    ...devices.flatMap((device) => deviceLines(device, isShort)),
    `${complete} of ${devices.length} devices say that they are complete, ${good} failed no check`,
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function deviceLines(device: DeviceReport, isShort: boolean): readonly string[] {
  const { devEui, passed, failed, notTried, checks } = device;
  const counts = `${passed} passed, ${failed} failed, ${notTried} not tried`;
  const shown = checks.filter(({ result }) => !isShort || result === "fail");
  const isSilent = !device.joined && failed === 0;
  return [
    `${devEui}  ${stateOf(device)}  ${counts}`,
    ...(isSilent ? [] : shown.flatMap(checkLines)),
    "",
  ];
}

function stateOf({ joined, complete, error }: DeviceReport): string {
  if (!joined) return "never joined";
  return complete ? "complete" : error || "not complete";
}

function checkLines({ id, words, source, result, why, evidence, at }: Check): readonly string[] {
  const head = `  ${SIGNS[result]} ${id.padEnd(18)} ${words} (${source})`;
  if (result !== "fail") return [head];
  const hex =
    evidence.length > EVIDENCE_CHARACTERS ? `${evidence.slice(0, EVIDENCE_CHARACTERS)}…` : evidence;
  return [head, `      ${why}: ${hex} at ${at}`];
}
