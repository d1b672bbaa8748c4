import type { ImageIdentity } from "../boot/strategy.ts";
import type { DevicePorts } from "../device-io.ts";
import type { PullConfig } from "./config.ts";
import type { PullNote } from "./events.ts";
import type { PullMemory } from "./memory.ts";
import type { ReportQueue } from "./report-queue.ts";
import type { PullState } from "./state.ts";

/** The parts of the device that an update touches. */
export interface UpdaterIo {
  readonly config: PullConfig;
  readonly ports: DevicePorts;
  readonly state: PullState;
  readonly memory: PullMemory;
  readonly reports: ReportQueue;
  readonly running: ImageIdentity;
  readonly isTrial: boolean;
  /** As its dialect says. */
  readonly isUnchecked: boolean;
  note(note: PullNote): void;
}
