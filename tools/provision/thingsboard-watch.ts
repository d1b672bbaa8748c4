import { setTimeout as sleep } from "node:timers/promises";
import { forEach } from "./at-once.ts";
import type { ProvisionedDevice, ThingsBoardFleet } from "./thingsboard.ts";
import type { AskTold } from "./thingsboard-told.ts";

export interface Watch {
  readonly kind: "fw" | "sw";
  readonly ask: AskTold;
  readonly before: StatesBefore;
  /** Of the package whose end is awaited. */
  readonly version: string;
  readonly timeoutS: number;
  readonly intervalMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** A device says something else than before. */
  readonly onState: (device: ProvisionedDevice, state: string, error: string) => void;
  readonly onProgress: (states: ReadonlyMap<string, number>) => void;
}

export interface Watched {
  readonly updated: number;
  readonly failed: number;
  /** Neither of them by the end of the time. */
  readonly open: number;
}

/** From when states are that were there before the package was assigned: they are no answers to it. */
export type StatesBefore = ReadonlyMap<ProvisionedDevice, string | undefined>;

const AT_ONCE = 8;

export async function statesBefore(
  fleet: ThingsBoardFleet,
  devices: readonly ProvisionedDevice[],
  { kind, ask, version }: Pick<Watch, "kind" | "ask" | "version">,
): Promise<StatesBefore> {
  const states = new Map<ProvisionedDevice, string | undefined>();
  const worker = async (device: ProvisionedDevice) => {
    const { target, stateAt } = await ask(fleet, device.id, kind);
    if (!isVersion(target, version)) states.set(device, stateAt);
  };
  await forEach(devices, AT_ONCE, () => {}, worker);
  return states;
}

/**
 * Asks the server what its devices say until each has said how its update ended. The server checks no
 * state: what counts is `UPDATED` together with the version of the package.
 */
export async function watchStates(
  fleet: ThingsBoardFleet,
  devices: readonly ProvisionedDevice[],
  watch: Watch,
): Promise<Watched> {
  const { kind, ask, before, version, now, signal } = watch;
  const last = new Map<ProvisionedDevice, string>();
  const ends = new Map<ProvisionedDevice, "updated" | "failed">();
  const endMs = now() + watch.timeoutS * 1000;
  for (;;) {
    const open = devices.filter((device) => !ends.has(device)).values();
    const worker = async () => {
      for (const device of open) {
        const told = await ask(fleet, device.id, kind);
        const { state = "nothing", error = "", current, target, stateAt } = told;
        if (last.get(device) !== state) watch.onState(device, state, error);
        last.set(device, state);
        // What was said of an older package is no answer to this one.
        if (!isVersion(target, version)) continue;
        if (state === "UPDATED" && isVersion(current, version)) ends.set(device, "updated");
        const isOld = stateAt !== undefined && stateAt === before.get(device);
        if (state === "FAILED" && !isOld) ends.set(device, "failed");
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    watch.onProgress(countsOf(last.values()));
    if (ends.size === devices.length || signal.aborted || now() >= endMs) break;
    await sleep(watch.intervalMs, undefined, { signal }).catch(() => {});
  }
  const updated = [...ends.values()].filter((end) => end === "updated").length;
  return { updated, failed: ends.size - updated, open: devices.length - ends.size };
}

/** A version that reads like a number is stored as one: "1.10" comes back as "1.1". */
function isVersion(told: string | undefined, version: string): boolean {
  if (told === undefined) return false;
  return told === version || (/^-?\d+(\.\d+)?$/.test(version) && Number(told) === Number(version));
}

function countsOf(states: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}
