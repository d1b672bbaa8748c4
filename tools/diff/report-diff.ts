import type { Report, ReportedDevice } from "#tools/report/schema.ts";
import { tableText } from "#tools/run/words.ts";

/** How devices of two runs of one fleet came out otherwise, those alike together. */
export interface VerdictChange {
  readonly from: string;
  readonly to: string;
  /** Numbers of the devices. */
  readonly devices: readonly number[];
}

export interface ReportDiff {
  /** What was run: name, before, after. */
  readonly inputs: readonly (readonly [string, string, string])[];
  /** Figures that came out otherwise. */
  readonly figures: readonly (readonly [string, number, number])[];
  readonly expectations: readonly (readonly [string, string, string])[];
  readonly verdicts: readonly VerdictChange[];
  /** Devices that only one of the reports has. */
  readonly onlyInOne: number;
}

const STATES = ["devices", "updated", "failed", "rolledBack", "bricked", "neverReached"] as const;

export function diffReports(a: Report, b: Report): ReportDiff {
  const inputs = [
    ["scenario", a.scenario.sha256.slice(0, 12), b.scenario.sha256.slice(0, 12)],
    ["seed", String(a.seed), String(b.seed)],
    ["firmware", a.firmware.sha256.slice(0, 12), b.firmware.sha256.slice(0, 12)],
    ["fuota", a.version, b.version],
  ] as const;
  const figures = [
    ...STATES.map((state) => [state, a.totals[state], b.totals[state]] as const),
    ["serverComplete", serverComplete(a), serverComplete(b)],
    ["virtualSeconds", a.virtualSeconds, b.virtualSeconds],
    ["airtimeS", airtimeS(a), airtimeS(b)],
    ["energyJ of a device", energyJ(a), energyJ(b)],
  ] as const;
  const known = new Map(b.devices.map((device) => [device.id, device]));
  const both = a.devices.filter(({ id }) => known.has(id)).length;
  return {
    inputs: inputs.filter(([, before, after]) => before !== after),
    figures: figures.filter(([, before, after]) => before !== after),
    expectations: expectationChanges(a, b),
    verdicts: verdictChanges(a.devices, known),
    onlyInOne: a.devices.length + b.devices.length - 2 * both,
  };
}

/** Whether the two came to the same verdicts, on the whole and for every device. */
export function isSameVerdict({ expectations, verdicts, onlyInOne }: ReportDiff): boolean {
  return expectations.length === 0 && verdicts.length === 0 && onlyInOne === 0;
}

const DEVICES_SHOWN = 8;

export function diffText(diff: ReportDiff): string {
  const { inputs, figures, expectations, verdicts, onlyInOne } = diff;
  const section = (title: string, rows: readonly (readonly (string | number)[])[]) =>
    rows.length === 0 ? "" : `${tableText([[title, "before", "after"], ...rows.map(asTexts)])}\n`;
  const changes = verdicts.map(({ from, to, devices }) => {
    const more = devices.length > DEVICES_SHOWN ? ", …" : "";
    return `${devices.length} from ${from} to ${to}: ${devices.slice(0, DEVICES_SHOWN).join(", ")}${more}\n`;
  });
  const parts = [
    section("what was run", inputs),
    section("figures", figures),
    section("expectations", expectations),
    changes.length === 0 ? "" : `devices\n${changes.map((line) => `  ${line}`).join("")}`,
    onlyInOne === 0 ? "" : `${onlyInOne} devices are in one of the reports only\n`,
    isSameVerdict(diff) ? "same verdicts\n" : "",
  ];
  return parts.join("");
}

function asTexts(row: readonly (string | number)[]): readonly string[] {
  return row.map((cell) =>
    typeof cell === "number" ? String(Math.round(cell * 1e4) / 1e4) : cell,
  );
}

function expectationChanges(a: Report, b: Report): ReportDiff["expectations"] {
  const verdict = (report: Report, name: string) => {
    const one = report.expectations.find((other) => other.name === name);
    if (one === undefined) return "not asked";
    return `${one.ok ? "met" : "not met"}: ${one.expected} (${one.actual})`;
  };
  const names = [...a.expectations, ...b.expectations].map(({ name }) => name);
  return [...new Set(names)]
    .map((name) => [name, verdict(a, name), verdict(b, name)] as const)
    .filter(([, before, after]) => before !== after);
}

function verdictChanges(
  devices: readonly ReportedDevice[],
  others: ReadonlyMap<number, ReportedDevice>,
): readonly VerdictChange[] {
  const changes = new Map<string, { from: string; to: string; devices: number[] }>();
  for (const device of devices) {
    const other = others.get(device.id);
    if (other === undefined) continue;
    const [from, to] = [verdictOf(device), verdictOf(other)];
    if (from === to) continue;
    const key = `${from} ${to}`;
    const known = changes.get(key) ?? { from, to, devices: [] };
    known.devices.push(device.id);
    changes.set(key, known);
  }
  return [...changes.values()];
}

function verdictOf({ state, reason }: ReportedDevice): string {
  return reason === null ? state : `${state} (${reason})`;
}

function serverComplete({ devices }: Report): number {
  return devices.filter((device) => device.serverComplete).length;
}

function airtimeS({ cells }: Report): number {
  return cells.reduce((sum, { airtime }) => sum + airtime.allS, 0);
}

function energyJ({ devices }: Report): number {
  return devices.reduce((sum, device) => sum + device.energyJ, 0) / Math.max(1, devices.length);
}
