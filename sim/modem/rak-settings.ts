import type { ModemNvm } from "./modem-nvm.ts";

/** A setting of RUI3 and of the firmware before it: what it takes, and what it is at first. */
interface SettingRow {
  readonly initial: string;
  readonly accepts: (value: string) => boolean;
}

const integer =
  (min: number, max: number) =>
  (value: string): boolean =>
    /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max;
const row = (initial: string, min: number, max: number): SettingRow => ({
  initial,
  accepts: integer(min, max),
});

/** RUI3 AT Command Manual; what concerns band, class and keys is not here. */
export const RAK_SETTINGS: Readonly<Record<string, SettingRow>> = {
  CFM: row("0", 0, 1),
  RETY: row("0", 0, 7),
  ADR: row("1", 0, 1),
  DR: row("0", 0, 7),
  TXP: row("0", 0, 14),
  DCS: row("1", 0, 1),
  PNM: row("1", 0, 1),
  NJM: row("1", 0, 1),
  LPM: row("0", 0, 1),
  LPMLVL: row("1", 1, 2),
  LINKCHECK: row("0", 0, 2),
  TIMEREQ: row("0", 0, 1),
  JN1DL: row("5", 1, 14),
  JN2DL: row("6", 2, 15),
  RX1DL: row("1", 1, 15),
  RX2DL: row("2", 2, 16),
};

export function rakSetting(nvm: ModemNvm, name: string): string {
  return nvm.settings[name] ?? RAK_SETTINGS[name]?.initial ?? "";
}

/** Band numbers of RUI3; "8-1" to "8-4" name the AS923 ones. */
export const RAK_BANDS = [
  "EU433",
  "CN470",
  "RU864",
  "IN865",
  "EU868",
  "US915",
  "AU915",
  "KR920",
  "AS923-1",
  "AS923-2",
  "AS923-3",
  "AS923-4",
  "LA915",
] as const;
