import { countText, durationText, tableText } from "#tools/run/words.ts";
import type { SweepReport, SweptConfiguration } from "./schema.ts";

const SHADES = ["░", "▒", "▓", "█"];
const FAILURES_SHOWN = 5;

/** A sweep for a person: the updated share over the matrix, and what failed. */
export function sweepText(report: SweepReport): string {
  const { scenario, axes, seeds, configurations, version, wallSeconds, interrupted } = report;
  const runs = configurations.reduce((sum, one) => sum + one.runs.length, 0);
  const head =
    `${scenario.name} · ${countText(configurations.length, "configuration")} × ` +
    `${countText(seeds.length, "seed")}${interrupted ? " · interrupted" : ""} · fuota ${version}\n`;
  const time = `${countText(runs, "run")} in ${durationText(wallSeconds)}\n`;
  return `${head}\n${matrixText(axes, configurations)}\n${time}${failureText(configurations, interrupted)}`;
}

/** Rows are all axes but the last, columns the last. */
function matrixText(
  axes: SweepReport["axes"],
  configurations: readonly SweptConfiguration[],
): string {
  const columns = axes.at(-1)?.values ?? [""];
  const names = axes.slice(0, -1).map(({ path }) => shortName(path));
  const title = `${names.join(" ")} \\ ${shortName(axes.at(-1)?.path ?? "updated")}`;
  const rows: string[][] = [[axes.length < 2 ? shortName(axes[0]?.path ?? "") : title, ...columns]];
  for (let at = 0; at < configurations.length; at += columns.length) {
    const row = configurations.slice(at, at + columns.length);
    const label = (row[0]?.values ?? []).slice(0, -1).join(" ");
    rows.push([label === "" ? "updated" : label, ...row.map(cellText)]);
  }
  return tableText(rows);
}

function cellText({ updatedShare, runs, ok }: SweptConfiguration): string {
  if (runs.length === 0) return "–";
  const shade = SHADES[Math.min(SHADES.length - 1, Math.floor(updatedShare * SHADES.length))] ?? "";
  const mark = ok < runs.length ? "!" : " ";
  return `${(100 * updatedShare).toFixed(1)} %${shade}${mark}`;
}

function failureText(
  configurations: readonly SweptConfiguration[],
  isInterrupted: boolean,
): string {
  const failures = configurations.flatMap(({ runs, replay }) =>
    runs
      .filter(({ ok }) => !ok)
      .map(({ seed, failed }) => ({ replay: replay.replace("SEED", String(seed)), failed })),
  );
  if (failures.length === 0) return isInterrupted ? "" : "every run met its expectations\n";
  const lines = failures
    .slice(0, FAILURES_SHOWN)
    .map(({ replay, failed }) => `  ${replay}   # ${failed.join(", ")}\n`);
  const more = failures.length - lines.length;
  const tail = more > 0 ? `  … and ${more} more\n` : "";
  return `${countText(failures.length, "run")} did not meet expectations (!):\n${lines.join("")}${tail}`;
}

/** The last step of a key. */
function shortName(path: string): string {
  return path.split(".").at(-1) ?? path;
}
