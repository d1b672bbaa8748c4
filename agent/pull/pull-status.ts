import type { BootReport, ImageIdentity } from "../boot/strategy.ts";
import { versionOf } from "./offers.ts";
import type { UpdaterIo } from "./updater-io.ts";

/** What a person, a report or a scenario wants to know of a device. */
export interface PullStatus {
  readonly running: ImageIdentity;
  /** As the server calls it. */
  readonly version: string;
  readonly isTrial: boolean;
  /** Nothing is left to do until something changes. */
  readonly isIdle: boolean;
  /** Of the download in progress. */
  readonly offsetBytes: number | undefined;
  readonly sizeBytes: number | undefined;
  readonly boot: BootReport;
}

export function statusOf(
  { state, ports, running, isTrial }: Pick<UpdaterIo, "state" | "ports" | "running" | "isTrial">,
  isIdle: boolean,
): PullStatus {
  const { download } = state;
  return {
    running,
    version: versionOf(state, running),
    isTrial,
    isIdle,
    offsetBytes: download?.offsetBytes,
    sizeBytes: download?.sizeBytes,
    boot: ports.boot.report(),
  };
}
