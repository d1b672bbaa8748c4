import type { FleetProgress } from "#sim/fleet/progress.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import type { FirmwareFacts } from "#sim/fleet/roster.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import type { ReportedCell } from "#tools/report/schema.ts";
import { sumProgress } from "#tools/run/progress.ts";

/** What came of the devices that have one kind of server. */
export interface LivePart {
  readonly results: readonly DeviceResult[];
  readonly cell: ReportedCell;
  /** Undefined: nobody wants one. */
  readonly survey: CellSurvey | undefined;
  readonly firmware: FirmwareFacts;
  readonly wallSeconds: number;
  /** What a run against a real server has beyond a simulated one. */
  readonly text: string;
}

export interface PartHooks {
  /** For a report with pictures. */
  readonly isSurveyed: boolean;
  readonly interrupt: AbortSignal;
  readonly onProgress: ((progress: FleetProgress) => void) | undefined;
}

export type RunPart = (hooks: PartHooks) => Promise<LivePart>;

/** Runs all at the same time. Who fails ends the others, which take down what they have made. */
export async function runTogether(
  parts: readonly RunPart[],
  { isSurveyed, interrupt, onProgress }: PartHooks,
): Promise<readonly LivePart[]> {
  const failure = new AbortController();
  const latest = new Map<number, FleetProgress>();
  const running = parts.map(async (run, index) => {
    try {
      return await run({
        isSurveyed,
        interrupt: AbortSignal.any([interrupt, failure.signal]),
        onProgress:
          onProgress &&
          ((progress) => {
            latest.set(index, progress);
            onProgress(sumProgress([...latest.values()]));
          }),
      });
    } catch (error) {
      failure.abort();
      throw error;
    }
  });
  await Promise.allSettled(running);
  return await Promise.all(running);
}
