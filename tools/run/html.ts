import type { DeviceResult } from "#sim/fleet/result.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import { predict } from "#tools/plan/predict.ts";
import { htmlOf } from "#tools/report/html/page.ts";
import { TimelineKeeper } from "#tools/report/html/page-data.ts";
import type { Report } from "#tools/report/schema.ts";
import type { PreparedRun } from "./prepare.ts";

/** Devices behind the expected share: it is told to the percent. */
const TRIALS = 2000;

/** Gathers, while a run goes on, what only its page shows. */
export class HtmlGathering {
  readonly keeper = new TimelineKeeper();
  readonly surveys: CellSurvey[] = [];

  /** For `execute`. */
  readonly listener = {
    onDevice: (device: DeviceResult) => this.keeper.add(device),
    onSurvey: (survey: CellSurvey) => {
      this.surveys.push(survey);
    },
  };

  pageOf(run: PreparedRun, report: Report, replay: string): string {
    const sent = report.firmware.patchBytes ?? report.firmware.sizeBytes;
    const { resolved } = run;
    return htmlOf({
      report,
      description: run.scenario.description ?? "",
      nbFrag: Math.ceil(sent / resolved.campaign.fragSize),
      // Nothing is known of the image when the run was stopped early.
      expected:
        sent === 0 ? undefined : predict(resolved, sent, { trials: TRIALS, seed: report.seed }),
      replay,
      surveys: this.surveys,
      timelines: this.keeper.timelines,
    });
  }
}
