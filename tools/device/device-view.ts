import type { DeviceStatus } from "#agent/status.ts";
import type { FragmentsOnAir } from "./fragment-count.ts";

export interface Signal {
  readonly rssiDbm: number;
  readonly snrDb: number;
}

interface Said {
  readonly atMs: number;
  readonly text: string;
}

/** What an operator wants to see of a device, at one moment. */
export interface DeviceView {
  readonly nowMs: number;
  /** Undefined: it is being looked for. */
  readonly modem: string | undefined;
  /** Undefined: it boots. */
  readonly status: DeviceStatus | undefined;
  /** The image has to prove itself. */
  readonly isTrial: boolean;
  /** Of class C, while it is open. */
  readonly window:
    | { readonly groupId: number; readonly frequencyHz: number; readonly dr: number }
    | undefined;
  readonly air: FragmentsOnAir | undefined;
  /** Of the last downlinks, the newest at the end. */
  readonly signals: readonly Signal[];
  readonly linkCheck: { readonly marginDb: number; readonly gateways: number } | undefined;
  readonly down: Said | undefined;
  readonly up: Said | undefined;
}

export type Tone = "plain" | "good" | "bad" | "busy";

/** A line of the view: what it is about, and what there is to say. */
export interface ViewRow {
  readonly label: string;
  readonly text: string;
  readonly tone: Tone;
}

const LABEL_CHARACTERS = 9;
const BAR_MAX = 40;
const BAR_MIN = 8;
const COLUMNS_MIN = 20;

/** The view in lines that fit the width. */
export function viewRows(view: DeviceView, columns: number): readonly ViewRow[] {
  const width = Math.max(COLUMNS_MIN, columns) - LABEL_CHARACTERS - 1;
  const rows = [
    modemRow(view),
    imageRow(view),
    stateRow(view),
    blockRow(view, width),
    linkRow(view),
    ...saidRows("heard", view.down, view.nowMs, width),
    ...saidRows("said", view.up, view.nowMs, width),
  ];
  return rows
    .filter((row) => row !== undefined)
    .map(({ label, text, tone }) => ({
      label: label.padEnd(LABEL_CHARACTERS),
      text: shortened(printable(text), width),
      tone,
    }));
}

function modemRow({ modem }: DeviceView): ViewRow {
  if (modem === undefined) return { label: "modem", text: "gone; looking for it", tone: "bad" };
  return { label: "modem", text: modem, tone: "plain" };
}

function imageRow({ status, isTrial }: DeviceView): ViewRow {
  if (status === undefined) return { label: "image", text: "boots", tone: "busy" };
  const { running, boot } = status;
  const bank = "AB"[isTrial ? (boot.pending ?? boot.active) : boot.active];
  const word = isTrial ? `on trial, ${boot.attemptsLeft} more tries` : "confirmed";
  const text = `${running.version} from bank ${bank}, ${word}`;
  return { label: "image", text, tone: isTrial ? "busy" : "plain" };
}

/** Where it is on the way of an update, and what has to come next. */
function stateRow({ status, isTrial, window }: DeviceView): ViewRow {
  const row = (text: string, tone: Tone = "plain"): ViewRow => ({ label: "state", text, tone });
  if (status === undefined) return row("not joined");
  if (!status.joined) return row("not joined: joins", "busy");
  const clock = status.clockSynced ? "" : ", clock not set yet";
  const joined = `joined${clock}`;
  if (isTrial) return row(`${joined}; the new image waits for a word of the server`, "busy");
  const session = status.sessions.at(-1);
  if (window !== undefined) {
    const { groupId, frequencyHz, dr } = window;
    return row(
      `${joined}; class C of group ${groupId} at ${frequencyHz / 1e6} MHz, DR${dr}`,
      "busy",
    );
  }
  if (status.boot.lastReason === "confirmed" && session?.state === "complete") {
    return row(`${joined}; updated and confirmed`, "good");
  }
  if (status.lastFailure !== undefined) {
    return row(`${joined}; the last update failed: ${status.lastFailure}`, "bad");
  }
  if (session?.state === "complete") {
    return row(`${joined}; has the image, waits to be asked how it went`, "good");
  }
  const programmed = status.groups.find((group) => group.session !== "none");
  if (programmed !== undefined) {
    return row(`${joined}; waits for the session of group ${programmed.groupId} to begin`);
  }
  const [group] = status.groups;
  if (group !== undefined) return row(`${joined}; group ${group.groupId} is set up`);
  return row(`${joined}; waits for a campaign`);
}

function blockRow({ status, air }: DeviceView, width: number): ViewRow | undefined {
  const session = status?.sessions.at(-1);
  if (session === undefined) return undefined;
  const { nbFrag, missing, received, coded, state, failure } = session;
  const has = nbFrag - missing;
  const label = `block ${session.fragIndex}`;
  if (state === "failed") return { label, text: `failed: ${failure ?? ""}`, tone: "bad" };
  const share = `${String(has).padStart(String(nbFrag).length)}/${nbFrag}`;
  const lost = air === undefined ? "" : `, ${air.lost} of ${air.heard + air.lost} lost`;
  const figures = ` ${share}  ${received} received, ${coded} of them coded${lost}`;
  // The bar gives way first, then the end of the figures.
  const barWidth = Math.min(BAR_MAX, Math.max(BAR_MIN, width - figures.length));
  const tone = state === "complete" ? "good" : "busy";
  return { label, text: `${bar(has / nbFrag, barWidth)}${figures}`, tone };
}

function bar(share: number, width: number): string {
  const filled = Math.floor(share * width);
  return `${"█".repeat(filled)}${"░".repeat(width - filled)}`;
}

function linkRow({ signals, linkCheck }: DeviceView): ViewRow | undefined {
  const last = signals.at(-1);
  const parts: string[] = [];
  if (last !== undefined) parts.push(`${last.rssiDbm} dBm, SNR ${last.snrDb} dB`);
  if (signals.length > 1) {
    const mean = signals.reduce((sum, { rssiDbm }) => sum + rssiDbm, 0) / signals.length;
    const snrs = signals.map(({ snrDb }) => snrDb);
    const range = `SNR ${Math.min(...snrs)} to ${Math.max(...snrs)} dB`;
    parts.push(`last ${signals.length}: ${Math.round(mean)} dBm, ${range}`);
  }
  if (linkCheck !== undefined) {
    parts.push(`${linkCheck.marginDb} dB of margin, ${linkCheck.gateways} gateways`);
  }
  if (parts.length === 0) return undefined;
  return { label: "link", text: parts.join("; "), tone: "plain" };
}

/** On a second line what has no room on the first. */
function saidRows(
  label: string,
  said: Said | undefined,
  nowMs: number,
  width: number,
): readonly ViewRow[] {
  if (said === undefined) return [];
  const text = `${ageText(nowMs - said.atMs)} ago: ${said.text}`;
  if (text.length <= width) return [{ label, text, tone: "plain" }];
  const blank = text.lastIndexOf(" ", width);
  const end = blank > width / 2 ? blank : width;
  return [
    { label, text: text.slice(0, end), tone: "plain" },
    { label: "", text: text.slice(end).trimStart(), tone: "plain" },
  ];
}

function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

/** A modem may say anything: what would move the cursor does not get through. */
function printable(text: string): string {
  return text.replace(/[^ -~█░]/g, "?");
}

function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
