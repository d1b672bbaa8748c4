import type { GpsSeconds } from "#hal/ports.ts";
import type { Stage, StageAnswer } from "./campaign-answers.ts";
import type { ServerDevice } from "./server-device.ts";

/** The unicast stages, in the order of the jobs: fragmentation before the multicast session. */
const STAGES: readonly Stage[] = ["mcGroupSetup", "fragSessionSetup", "mcSession", "fragStatus"];

/** A device of a deployment, as ChirpStack lists it. Times are GPS seconds. */
export interface DeviceRow {
  readonly device: ServerDevice;
  /** When the latest good answer to a stage was booked. */
  readonly doneAt: Map<Stage, GpsSeconds>;
  completedAt: GpsSeconds | undefined;
  /** The last error, or else the first time-out. A later good answer does not clear it. */
  errorMsg: string;
}

export function newRow(device: ServerDevice): DeviceRow {
  return { device, doneAt: new Map(), completedAt: undefined, errorMsg: "" };
}

/** A stage is for the devices that finished the one before, however late. */
export function hasReached(row: DeviceRow, stage: Stage): boolean {
  const before = STAGES[STAGES.indexOf(stage) - 1];
  return before === undefined || row.doneAt.has(before);
}

export function bookAnswer(row: DeviceRow, { stage, error }: StageAnswer, now: GpsSeconds): void {
  if (error !== "") row.errorMsg = error;
  else row.doneAt.set(stage, now);
}

/** An error that is there already says more than a time-out. */
export function bookTimeout(row: DeviceRow, text: string): void {
  row.errorMsg ||= text;
}

/** Errors do not matter here: ChirpStack shows a device as completed beside its error. */
export function complete(row: DeviceRow, needsStatus: boolean, now: GpsSeconds): void {
  const needed = STAGES.filter((stage) => needsStatus || stage !== "fragStatus");
  if (needed.every((stage) => row.doneAt.has(stage))) row.completedAt = now;
}
