import { resolveScenario } from "#scenarios/defaults.ts";
import { hasLorawan, type Scenario } from "#scenarios/schema.ts";
import { planSession } from "#scenarios/session.ts";
import type { Report, ReportedDevice } from "#tools/report/schema.ts";
import { countText, durationText, mean, tableText } from "./words.ts";

/** Of a run against a real server, in real time. */
export interface LiveSummary {
  /** The server was asked what it believes of its devices. */
  readonly isServerKnown: boolean;
}

/** What a person is told when a run is over. */
export function summaryText(
  report: Report,
  scenario: Scenario,
  replay?: string,
  live?: LiveSummary,
): string {
  const parts = [
    headText(report, scenario),
    fleetTable(report.devices, scenario),
    live?.isServerKnown === false ? "" : serverLine(report.devices),
    laggardLines(report.devices),
    timeLine(report, live !== undefined),
    verdictLines(report),
    replay === undefined ? "" : `replay: ${replay}\n`,
  ];
  return parts.filter((part) => part !== "").join("");
}

function headText(report: Report, scenario: Scenario): string {
  const { firmware, seed, version, shard, interrupted, cells, totals } = report;
  const { patchBytes } = firmware;
  const patch = patchBytes === undefined ? "" : `as a patch of ${patchBytes} bytes, `;
  const part = shard === null ? "" : ` · shard ${shard.index}/${shard.count}`;
  const note = interrupted ? " · interrupted" : "";
  const head =
    `${report.scenario.name} · seed ${seed} · ${countText(totals.devices, "device")} in ` +
    `${countText(cells.length, "cell")}${part}${note} · fuota ${version}\n`;
  // Nothing is known of the image when the run was stopped early.
  if (firmware.sizeBytes === 0) return head;
  return (
    `${head}firmware ${firmware.version}, ${firmware.sizeBytes} bytes, ${patch}` +
    `sha256 ${firmware.sha256.slice(0, 12)}…${sessionText(firmware, scenario)}\n\n`
  );
}

function sessionText({ patchBytes, sizeBytes }: Report["firmware"], scenario: Scenario): string {
  if (!hasLorawan(scenario)) return "";
  const { campaign } = resolveScenario(scenario);
  const { nbFrag, codedFragments } = planSession(campaign, patchBytes ?? sizeBytes);
  return ` · ${nbFrag} + ${codedFragments} fragments of ${campaign.fragSize} bytes at DR${campaign.dr}`;
}

function fleetTable(devices: readonly ReportedDevice[], scenario: Scenario): string {
  const resolved = resolveScenario(scenario);
  const listening = resolved.devices.kinds.map(({ name }) => name);
  const pulling = resolved.pull.map(({ name }) => name);
  const others = devices.filter(({ pull }) => pull === undefined);
  const pullers = devices.filter(({ pull }) => pull !== undefined);
  return kindTable(listening, others, FRAGMENT_MEANS) + kindTable(pulling, pullers, PULL_MEANS);
}

/** Columns that show a mean over the devices of a kind. */
type Means = Readonly<Record<string, (device: ReportedDevice) => number>>;

const FRAGMENT_MEANS: Means = {
  received: ({ fragments }) => fragments.received,
  lost: ({ fragments }) => fragments.lost,
  coded: ({ fragments }) => fragments.coded,
  "beyond M": ({ fragments }) => fragments.beyondM,
};
const PULL_MEANS: Means = {
  chunks: ({ pull }) => pull?.chunks ?? 0,
  messages: ({ pull }) => pull?.messages ?? 0,
  lost: ({ pull }) => pull?.lost ?? 0,
};

function kindTable(
  names: readonly string[],
  devices: readonly ReportedDevice[],
  means: Means,
): string {
  const head = ["kind", "devices", "updated", "failed", "rolled back", "bricked", "not reached"];
  const rows = names.flatMap((name) => {
    const own = devices.filter(({ kind }) => kind === name);
    return own.length === 0 ? [] : [kindRow(name, own, means)];
  });
  return rows.length === 0 ? "" : `${tableText([[...head, ...Object.keys(means)], ...rows])}\n`;
}

function kindRow(kind: string, devices: readonly ReportedDevice[], means: Means): string[] {
  const inState = (state: ReportedDevice["state"]) =>
    String(devices.filter((device) => device.state === state).length);
  const average = (read: (device: ReportedDevice) => number) => mean(devices.map(read)).toFixed(1);
  return [
    kind,
    String(devices.length),
    inState("updated"),
    inState("failed"),
    inState("rolledBack"),
    inState("bricked"),
    inState("neverReached"),
    ...Object.values(means).map(average),
  ];
}

/** Server and devices need not agree: an update may succeed and its report get lost. */
function serverLine(devices: readonly ReportedDevice[]): string {
  const complete = devices.filter((device) => device.serverComplete).length;
  const unknown = devices.filter((d) => d.state === "updated" && !d.serverComplete).length;
  const wrong = devices.filter((d) => d.state !== "updated" && d.serverComplete).length;
  const notes = [
    unknown > 0 ? `${unknown} updated without its knowledge` : "",
    wrong > 0 ? `${wrong} of them not updated` : "",
  ].filter((note) => note !== "");
  const tail = notes.length === 0 ? "" : ` (${notes.join(", ")})`;
  return `server's view: ${complete} of ${devices.length} complete${tail}\n`;
}

const LAGGARDS_SHOWN = 5;

function laggardLines(devices: readonly ReportedDevice[]): string {
  const laggards = devices.filter(({ state }) => state !== "updated");
  if (laggards.length === 0) return "";
  const counts = new Map<string, number>();
  for (const { reason } of laggards) {
    const key = reason ?? "unknown";
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const reasons = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, count]) => `${reason} ${count}`);
  const lines = laggards.slice(0, LAGGARDS_SHOWN).map((device) => `  ${laggardText(device)}\n`);
  const more = laggards.length - lines.length;
  const tail = more > 0 ? `  … and ${more} more\n` : "";
  return `not updated: ${reasons.join(", ")}${rowsText(laggards)}\n${lines.join("")}${tail}`;
}

function rowsText(laggards: readonly ReportedDevice[]): string {
  const missing = laggards.map((d) => d.missingRows).filter((rows) => rows > 0);
  if (missing.length === 0) return "";
  const least = missing.reduce((a, b) => Math.min(a, b));
  const most = missing.reduce((a, b) => Math.max(a, b));
  return `; short by ${least} to ${most} rows, ${mean(missing).toFixed(1)} on average`;
}

function laggardText({ id, devEui, state, reason, missingRows }: ReportedDevice): string {
  const rows = missingRows > 0 ? `, short by ${countText(missingRows, "row")}` : "";
  return `${`device ${id} ${devEui}`.trimEnd()}: ${state}, ${reason ?? "unknown"}${rows}`;
}

function timeLine({ virtualSeconds, wallSeconds, cells }: Report, isLive: boolean): string {
  const events = cells.reduce((sum, cell) => sum + cell.events, 0);
  if (isLive) return `${durationText(wallSeconds)}, ${countText(events, "event")}\n`;
  return (
    `virtual time ${durationText(virtualSeconds)}, wall time ${durationText(wallSeconds)}, ` +
    `${countText(events, "event")}\n`
  );
}

function verdictLines({ expectations, shard, interrupted }: Report): string {
  if (interrupted) return "interrupted: expectations not decided\n";
  if (shard !== null) return "expectations are decided when the shards are merged (fuota merge)\n";
  return expectations
    .map(({ name, ok, expected, actual }) => `${ok ? "✓" : "✗"} ${name}: ${expected} (${actual})\n`)
    .join("");
}
