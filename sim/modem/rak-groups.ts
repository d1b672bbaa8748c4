import { addressHex, bytesFrom, hexOf } from "./hex-text.ts";
import type { ModemGroup, ModemRadio } from "./modem-radio.ts";

/** RUI3 keeps four groups, by slot. */
const SLOTS = 4;
const NO_KEY = new Uint8Array(16);

/** `AT+ADDMULC=<B|C>:<DevAddr>:<McNwkSKey>:<McAppSKey>[:<Hz>:<DR>[:<periodicity>]]`; undefined: refused. */
export function groupOf(
  value: string,
  held: readonly ModemGroup[],
  radio: ModemRadio,
): ModemGroup | undefined {
  const [sessionClass = "", address = "", nwk = "", app = "", hz, dr, periodicity = "0"] =
    value.split(":");
  // A frequency is told with its data rate or not at all; class B is not emulated.
  if (!/^c$/i.test(sessionClass) || periodicity !== "0" || (hz !== undefined && dr === undefined)) {
    return undefined;
  }
  if (!/^[0-9a-f]{8}$/i.test(address) || /^0+$/.test(address)) return undefined;
  const mcAddr = Number.parseInt(address, 16);
  const nwkSKey = bytesFrom(nwk, 16);
  const appSKey = bytesFrom(app, 16);
  if (nwkSKey === undefined || appSKey === undefined) return undefined;
  if (held.length >= SLOTS || held.some((group) => group.mcAddr === mcAddr)) return undefined;
  const tuning = tuningOf(hz, dr, radio);
  return tuning && { mcAddr, nwkSKey, appSKey, nextFCnt: 0, ...tuning };
}

function tuningOf(
  hz = "0",
  dr = "0",
  { rx2 }: ModemRadio,
): Pick<ModemGroup, "frequencyHz" | "dr"> | undefined {
  if (!/^\d{1,9}$/.test(hz) || !/^\d{1,2}$/.test(dr) || Number(dr) > 15) return undefined;
  if (Number(hz) === 0) return rx2;
  const frequencyHz = Number(hz);
  if (frequencyHz < 100_000_000 || frequencyHz > 999_999_999) return undefined;
  return { frequencyHz, dr: Number(dr) };
}

/** All four slots in one line, without the command's name. */
export function groupList(held: readonly ModemGroup[]): string {
  return Array.from({ length: SLOTS }, (_, slot) => slotText(held[slot])).join(",");
}

function slotText(group: ModemGroup | undefined): string {
  const { mcAddr = 0, nwkSKey = NO_KEY, appSKey = NO_KEY, frequencyHz = 0, dr = 0 } = group ?? {};
  const keys = `${hexOf(nwkSKey)}:${hexOf(appSKey)}`;
  const tuning = `${String(frequencyHz).padStart(9, "0")}:${String(dr).padStart(2, "0")}:0`;
  return `${group === undefined ? "0" : "C"}:${addressHex(mcAddr)}:${keys}:${tuning}`;
}
