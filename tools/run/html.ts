import type { DeviceResult } from "#sim/fleet/result.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import { htmlOf, type Page } from "#tools/report/html/page.ts";
import { type RunData, runData } from "#tools/report/html/page-data.ts";
import { type SeriesRun, seriesSections } from "#tools/report/html/series.ts";
import { TimelineKeeper } from "#tools/report/html/timelines.ts";
import type { Report } from "#tools/report/schema.ts";
import type { PreparedRun } from "./prepare.ts";

/** Commands that show a run, or one device of it, again. */
export interface ReplayTexts {
  readonly replay: string;
  /** Up to the number of the device. */
  readonly replayDevice: string;
}

/** Gathers, while runs go on, what only their page shows: much of one, or a line of each of many. */
export class HtmlGathering {
  readonly #isSeries: boolean;
  readonly #keeper = new TimelineKeeper();
  readonly #surveys: CellSurvey[] = [];
  readonly #runs: SeriesRun[] = [];
  #run: RunData | undefined;

  constructor(isSeries: boolean) {
    this.#isSeries = isSeries;
  }

  /** For `execute`. */
  get listener() {
    if (this.#isSeries) return {};
    return {
      onDevice: (device: DeviceResult) => this.#keeper.add(device),
      onSurvey: (survey: CellSurvey) => {
        this.#surveys.push(survey);
      },
    };
  }

  add({ resolved }: PreparedRun, report: Report, { replay, replayDevice }: ReplayTexts): void {
    if (this.#isSeries) {
      this.#runs.push({ report, scenario: resolved, replay });
      return;
    }
    this.#run = runData({
      report,
      scenario: resolved,
      replay,
      replayDevice,
      isLive: false,
      surveys: this.#surveys,
      timelines: this.#keeper.result(),
    });
  }

  html(): string {
    const run = this.#run;
    if (run !== undefined) return htmlOf(runPage(run));
    return htmlOf({ title: `${this.#runs.length} runs`, sections: seriesSections(this.#runs) });
  }
}

export function runPage(run: RunData): Page {
  return { title: `${run.name} · seed ${run.seed}`, run, sections: [] };
}
