import type { Engine } from "#sim/kernel/engine.ts";
import type { TraceHash } from "#sim/kernel/trace-hash.ts";
import type { CellAirtime } from "./cell.ts";
import type { DeviceCounts } from "./progress.ts";
import type { DeviceResult } from "./result.ts";
import type { CellSurvey } from "./survey.ts";

/** A cell of any kind: it runs from its beginning to its end for itself. */
export interface World {
  readonly engine: Engine;
  readonly trace: TraceHash;
  readonly airtime: CellAirtime;
  run(onProgress: () => void): void;
  counts(): DeviceCounts;
  /** Once, at the end. */
  results(): readonly DeviceResult[];
  /** When it was asked to keep one. */
  survey(): CellSurvey | undefined;
}
