import { LORAWAN_REVISIONS, lorawanLineOf } from "#scenarios/lorawan.ts";
import { bytesOf } from "#sim/fleet/settings.ts";
import type { AbpSession } from "#sim/mac/session-keys.ts";
import type { ProvisionedDevice } from "#sim/server/server-device.ts";
import { InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { COLUMNS, type ListedDevice } from "./device-list.ts";

const FILE_BYTES_MAX = 16_777_216;
const DEVICES_MAX = 10_000;

/** One row, and what a person would call its place. */
interface Row {
  readonly place: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Devices from a list as `fuota provision csv` and `json` write it; of a JSON file the first character
 * tells. Columns may be in any order, and there may be others. Throws `InputError`.
 */
export function readDeviceFile(path: string): readonly ProvisionedDevice[] {
  const text = Buffer.from(readInputFile(path, FILE_BYTES_MAX))
    .toString()
    .replace(/^\uFEFF/, "");
  const rows = text.trimStart().startsWith("[") ? jsonRows(path, text) : csvRows(path, text);
  if (rows.length === 0) throw new InputError(`${path}: lists no device`);
  if (rows.length > DEVICES_MAX) throw new InputError(`${path}: more than ${DEVICES_MAX} devices`);
  const seen = new Map<string, string>();
  return rows.map((row) => {
    const device = deviceOf(row);
    const key = device.devEui.join(".");
    const before = seen.get(key);
    if (before !== undefined)
      throw new InputError(`${row.place}: devEui is that of ${before}, too`);
    seen.set(key, row.place);
    return device;
  });
}

function jsonRows(path: string, text: string): readonly Row[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path}: no JSON: ${error instanceof Error ? error.message : ""}`);
  }
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  return entries.map((entry, index) => {
    const place = `${path}: device ${index + 1}`;
    if (typeof entry === "object" && entry !== null) return { place, fields: { ...entry } };
    throw new InputError(`${place}: expected an object with ${COLUMNS.join(", ")}`);
  });
}

function csvRows(path: string, text: string): readonly Row[] {
  const [head, ...lines] = csvLines(path, text);
  const names = head?.cells ?? [];
  const missing = NEEDED.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const expected = `expected columns ${COLUMNS.join(",")}, as fuota provision csv writes them`;
    throw new InputError(`${path}:1: has no column ${missing[0]}; ${expected}`);
  }
  return lines.map(({ number, cells }) => {
    const place = `${path}:${number}`;
    if (cells.length !== names.length) {
      throw new InputError(`${place}: ${cells.length} columns, expected ${names.length}`);
    }
    return { place, fields: Object.fromEntries(names.map((name, at) => [name, cells[at]])) };
  });
}

interface CsvLine {
  readonly number: number;
  readonly cells: readonly string[];
}

/** RFC 4180; lines without anything in them are left out. */
function csvLines(path: string, text: string): readonly CsvLine[] {
  const lines: CsvLine[] = [];
  let number = 1;
  let cells: string[] = [];
  let from = 1;
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const [all, value = "", end] = cell.exec(text) ?? [];
    if (all === undefined) throw new InputError(`${path}:${number}: a quote in the wrong place`);
    cells.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value.trim());
    number += (all.match(/\n/g) ?? []).length;
    if (end === ",") continue;
    if (cells.length > 1 || cells[0] !== "") lines.push({ number: from, cells });
    cells = [];
    from = number;
  }
  return lines;
}

/** Without these nothing can be done; `name` and `kind` are for people. */
const NEEDED = [
  "devEui",
  "joinEui",
  "lorawan",
  "packages",
  "appKey",
] as const satisfies readonly (keyof ListedDevice)[];

function deviceOf({ place, fields }: Row): ProvisionedDevice {
  const wrong = (name: string, expected: string) => {
    const value = fields[name];
    const found = value === undefined ? "is missing" : `is ${JSON.stringify(value).slice(0, 60)}`;
    return new InputError(`${place}: ${name} ${found}; expected ${expected}`);
  };
  const bytes = (name: keyof ListedDevice, count: number): Uint8Array => {
    const value = fields[name];
    const digits = typeof value === "string" ? value.replaceAll(/[\s:-]/g, "") : "";
    if (/^[\da-f]*$/i.test(digits) && digits.length === 2 * count) return bytesOf(digits);
    throw wrong(name, `${2 * count} hex digits`);
  };
  const revision = LORAWAN_REVISIONS.find((one) => one === fields["lorawan"]);
  if (revision === undefined) throw wrong("lorawan", `one of ${LORAWAN_REVISIONS.join(", ")}`);
  const lorawan = lorawanLineOf(revision);
  const packages = Number(fields["packages"]);
  if (packages !== 1 && packages !== 2) throw wrong("packages", "1 or 2");
  const appKey = bytes("appKey", 16);
  const is11 = lorawan === "1.1";
  return {
    devEui: bytes("devEui", 8),
    joinEui: bytes("joinEui", 8),
    lorawan,
    packages,
    appKey,
    nwkKey: is11 ? bytes("nwkKey", 16) : appKey,
    rootSecret: is11 ? appKey : bytes("genAppKey", 16),
    ...unicastClassIn(fields["unicastClass"]),
    ...(fields["activatedBy"] === "abp" ? { abp: sessionOf(lorawan, bytes) } : {}),
  };
}

function unicastClassIn(value: unknown): Pick<ProvisionedDevice, "unicastClass"> {
  return value === "B" || value === "C" ? { unicastClass: value } : {};
}

/** The session of a device that never joins. */
function sessionOf(
  lorawan: "1.0" | "1.1",
  bytes: (name: keyof ListedDevice, count: number) => Uint8Array,
): AbpSession {
  const address = bytes("devAddr", 4);
  const devAddr = new DataView(address.buffer, address.byteOffset, 4).getUint32(0);
  const appSKey = bytes("appSKey", 16);
  const fNwkSIntKey = bytes("fNwkSIntKey", 16);
  if (lorawan === "1.0") return { devAddr, keys: { lorawan, nwkSKey: fNwkSIntKey, appSKey } };
  const sNwkSIntKey = bytes("sNwkSIntKey", 16);
  const nwkSEncKey = bytes("nwkSEncKey", 16);
  return { devAddr, keys: { lorawan, fNwkSIntKey, sNwkSIntKey, nwkSEncKey, appSKey } };
}
