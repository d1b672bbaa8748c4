import { setMaxListeners } from "node:events";
import { join } from "node:path";
import type { PullConfig } from "#agent/pull/config.ts";
import type { PullNote } from "#agent/pull/events.ts";
import { noteText } from "#sim/pull/note-text.ts";
import { EXIT, RefusedError } from "#tools/errors.ts";
import type { RunParts } from "#tools/run/command.ts";
import type { Connection } from "./connection.ts";
import { type NewDevice, openDevice, type StoredDevice } from "./device-folder.ts";
import type { ListedDevice } from "./device-list.ts";
import { type Errand, runErrand } from "./ending.ts";
import { UntoldDevices } from "./untold-devices.ts";

export interface PullFleet {
  readonly url: string;
  readonly once: boolean;
  readonly pollS: number;
  /** One folder a device in it. */
  readonly folder: string;
  readonly devices: readonly ListedDevice[];
  readonly fresh: () => NewDevice;
  readonly configOf: (stored: StoredDevice) => PullConfig;
  readonly connectionOf: (device: ListedDevice) => Connection;
}

/** What became of a device. */
const ENDS = {
  updated: "updated",
  idle: "had nothing to do",
  untold: "were offered nothing",
  refused: "refused what was offered",
  unserved: "without a server",
  interrupted: "interrupted",
} as const;

type End = keyof typeof ENDS;

/** Many devices in one process, each with a flash and a connection of its own. */
export async function pullFleet(fleet: PullFleet, parts: RunParts): Promise<number> {
  const { terminal, now } = parts;
  const startedMs = now();
  const seconds = () => ((now() - startedMs) / 1000).toFixed(1);
  const say = (name: string, text: string) =>
    terminal.out(`${seconds().padStart(7)} s  ${name}  ${text}\n`);
  const { signal, end } = parts.interruption();
  // Each device listens to it; more than ten are no leak.
  setMaxListeners(0, signal);
  const opened: { stored: StoredDevice; connection: Connection }[] = [];
  // Who polls hears of it a poll late.
  const untold = new UntoldDevices(2 * fleet.pollS * 1000);
  try {
    const running = fleet.devices.map((device) => {
      const stored = openDevice(join(fleet.folder, device.name), fleet.fresh);
      const connection = fleet.connectionOf(device);
      opened.push({ stored, connection });
      return { device, stored, connection, patience: untold.join() };
    });
    const ends = await Promise.all(
      running.map(async ({ device: { name }, stored, connection, patience }) => {
        const { url, once } = fleet;
        const config = fleet.configOf(stored);
        const errand = { url, once, stored, config, connection, signal, patience };
        try {
          return await endOf(errand, (text) => say(name, text));
        } finally {
          untold.leave(patience);
        }
      }),
    );
    terminal.out(`${fleet.devices.length} devices in ${seconds()} s: ${summary(ends)}\n`);
    return statusOf(ends);
  } finally {
    end();
    for (const { stored, connection } of opened) {
      connection.close();
      stored.flash.close();
    }
  }
}

async function endOf(errand: Omit<Errand, "onNote">, say: (text: string) => void): Promise<End> {
  let isUpdated = false;
  const onNote = (note: PullNote) => {
    if (note.type === "confirmed") isUpdated = true;
    say(noteText(note));
  };
  try {
    const end = await runErrand({ ...errand, onNote });
    if (end === "untold") say("was offered nothing");
    if (end === "refused" || end === "untold") return end;
    if (isUpdated) return "updated";
    return end === "done" ? "idle" : end;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    say(error.message);
    return "unserved";
  }
}

function summary(ends: readonly End[]): string {
  const counts = (Object.keys(ENDS) as End[]).map((end) => ({
    end,
    count: ends.filter((one) => one === end).length,
  }));
  return counts
    .filter(({ count }) => count > 0)
    .map(({ end, count }) => `${count} ${ENDS[end]}`)
    .join(", ");
}

function statusOf(ends: readonly End[]): number {
  if (ends.includes("unserved")) return EXIT.refused;
  if (ends.includes("refused")) return EXIT.failed;
  // Some of them, and others not: that the server is done with its fleet nobody can say.
  if (new Set(ends).size > 1 && ends.includes("untold")) return EXIT.failed;
  return ends.includes("interrupted") ? EXIT.interrupted : EXIT.ok;
}
