import type { WorldUs } from "#sim/kernel/engine.ts";
import type { DeviceRow } from "#sim/server/device-row.ts";
import type { ServerDevice } from "#sim/server/server-device.ts";
import type { Examiner } from "./examiner.ts";
import type { Questions } from "./questions.ts";

/** It says so, however late: a server that has given up by then is no fault of the device. */
export function isComplete({ row }: Pick<LnsDevice, "row">): boolean {
  return row?.doneAt.has("fragStatus") === true;
}

/** Where a device is. Times are of this world. */
export interface LnsDevice {
  readonly onServer: ServerDevice;
  readonly devEui: string;
  /** When it spoke in a session for the first time. */
  joinedUs: WorldUs | undefined;
  /** When it was told the time, by TS003 or by a DeviceTimeAns. */
  timeToldUs: WorldUs | undefined;
  heardUs: WorldUs | undefined;
  /** Of the campaign that it takes part in. */
  row: DeviceRow | undefined;
  /** Multicast frames of that campaign. */
  framesSent: () => number;
  questions: Questions | undefined;
  readonly examiner: Examiner;
}
