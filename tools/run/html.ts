import type { DeviceResult } from "#sim/fleet/result.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import { htmlOf } from "#tools/report/html/page.ts";
import { TimelineKeeper } from "#tools/report/html/page-data.ts";
import type { Report } from "#tools/report/schema.ts";
import type { PreparedRun } from "./prepare.ts";

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
    return htmlOf({
      report,
      description: run.scenario.description ?? "",
      nbFrag: Math.ceil(sent / run.resolved.campaign.fragSize),
      replay,
      surveys: this.surveys,
      timelines: this.keeper.timelines,
    });
  }
}
