import type { PublicKey } from "#hal/ports.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import type { CellSummary } from "#sim/fleet/run.ts";
import type { Report } from "#tools/report/schema.ts";
import type { Progress } from "./progress.ts";

/** `--shard index/count`, index from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** `--firmware`: a payload to be wrapped and signed, or an image that `trusted` keys have signed. */
export interface SuppliedFirmware {
  readonly bytes: Uint8Array;
  readonly trusted: readonly PublicKey[];
}

export interface FirmwareSizes {
  readonly imageBytes: number;
  /** Of what goes over the air: the image, or a patch that makes it. */
  readonly sentBytes: number;
}

/** Plain data: it crosses to a worker thread. */
export interface SimulationInput {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly firmware: SuppliedFirmware | undefined;
  readonly shard: Shard | undefined;
  /** Every cell stops before this event of its own. */
  readonly eventsMax: number | undefined;
  /** Ask every cell for its survey. */
  readonly isSurveyed?: boolean;
}

export interface SimulationListener {
  onFirmware(firmware: Report["firmware"]): void;
  onProgress(progress: Progress): void;
  /** In the order in which cells end. */
  onDevice(device: DeviceResult): void;
  onCell(cell: CellSummary): void;
}

export interface Simulation {
  /** True when it ran to its end, false when it was stopped. Rejects on a bug. */
  readonly finished: Promise<boolean>;
  stop(): void;
}

/** Runs a fleet in virtual time and tells what it learns as it learns it. */
export type Simulate = (input: SimulationInput, listener: SimulationListener) => Simulation;
