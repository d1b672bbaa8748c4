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
import { runErrand } from "./ending.ts";

export interface PullFleet {
  readonly url: string;
  readonly once: boolean;
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
  try {
    const running = fleet.devices.map((device) => {
      const stored = openDevice(join(fleet.folder, device.name), fleet.fresh);
      const connection = fleet.connectionOf(device);
      opened.push({ stored, connection });
      return { device, stored, connection };
    });
    const ends = await Promise.all(
      running.map(async ({ device: { name }, stored, connection }) => {
        const { url, once } = fleet;
        const config = fleet.configOf(stored);
        const errand = { url, once, stored, config, connection, signal };
        return await endOf(errand, (text) => say(name, text));
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

async function endOf(
  errand: Omit<Parameters<typeof runErrand>[0], "onNote">,
  say: (text: string) => void,
): Promise<End> {
  let isUpdated = false;
  const onNote = (note: PullNote) => {
    if (note.type === "confirmed") isUpdated = true;
    say(noteText(note));
  };
  try {
    const status = await runErrand({ ...errand, onNote });
    if (status === EXIT.failed) return "refused";
    if (isUpdated) return "updated";
    return status === EXIT.ok ? "idle" : "interrupted";
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
  return ends.includes("interrupted") ? EXIT.interrupted : EXIT.ok;
}
