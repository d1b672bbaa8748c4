import type { Capabilities } from "#hal/serial/capabilities.ts";
import type { ProbedModem, ProbeResult } from "./probe.ts";

const COLUMN = 14;
const row = (name: string, value: string) => `${name.padEnd(COLUMN)}${value}\n`;

const VERDICTS = {
  yes: "yes",
  limited: "with limits",
  no: "no",
} as const;

const TUNING: Readonly<Record<Capabilities["mcTuning"], string>> = {
  own: "with a frequency and data rate of its own",
  viaRx2: "tuned by moving RX2",
  rx2: "on the frequency and data rate of RX2 only",
  none: "",
};

/** For people: what it is, what it can, what is wrong with it, and whether it will do. */
export function probeText({ port, baudRate, modem, verdict }: ProbeResult): string {
  const at = baudRate === undefined ? "" : ` at ${baudRate} baud`;
  const [first = "", ...rest] = verdict.reasons;
  const lines = [row("port", `${port}${at}`)];
  if (modem !== undefined) lines.push(...modemRows(modem));
  lines.push(row("for FUOTA", `${VERDICTS[verdict.fuota]}${first === "" ? "" : `: ${first}`}`));
  lines.push(...rest.map((reason) => row("", reason)));
  return lines.join("");
}

function modemRows(modem: ProbedModem): readonly string[] {
  const { title, firmware, identity, settings, mcGroups, bugs } = modem;
  const rows = [row("modem", `${title}, firmware ${firmware}`)];
  const { devEui, joinEui, ...hardware } = identity;
  if (Object.keys(hardware).length > 0) rows.push(row("hardware", spelt(hardware)));
  if (devEui !== undefined) rows.push(row("DevEUI", devEui));
  if (joinEui !== undefined) rows.push(row("JoinEUI", joinEui));
  if (Object.keys(settings).length > 0) rows.push(row("settings", spelt(settings)));
  if (mcGroups !== undefined && mcGroups.length > 0) {
    rows.push(row("holds groups", `${mcGroups.join(", ")}: left by an earlier session?`));
  }
  rows.push(row("multicast", multicastText(modem.capabilities)), row("time", timeText(modem)));
  if (!modem.capabilities.saysSent) rows.push(row("uplinks", "their end is not told"));
  for (const { symptom, advice, source } of bugs) {
    rows.push(row("known bug", symptom), row("", `${advice} (${source})`));
  }
  return rows;
}

function multicastText({ mcGroups, mcTuning, mcInitialFCnt, saysMulticast }: Capabilities): string {
  if (mcGroups === 0) return "none";
  const groups = mcGroups === 1 ? "1 group" : `${mcGroups} groups`;
  const fCnt = mcInitialFCnt ? "first counter can be set" : "counters not checked against a range";
  const flag = saysMulticast ? "" : ", a downlink does not say that it was one";
  return `${groups}, ${TUNING[mcTuning]}, ${fCnt}${flag}`;
}

function timeText({ capabilities }: ProbedModem): string {
  if (capabilities.timeSync === "none") return "none from the network";
  return `from the network, to 1 ${capabilities.timeSync === "ms" ? "ms" : "s"}`;
}

function spelt(facts: Readonly<Record<string, string>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${words(name)} ${value}`)
    .join(", ");
}

/** `joinMode` to `join mode`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
