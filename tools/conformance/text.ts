import type { Finding, Verdict } from "./finding.ts";
import type { ConformanceReport } from "./schema.ts";
import type { Judged } from "./suite.ts";

const MARK: Readonly<Record<Verdict, string>> = { pass: "✓", fail: "✗", notTried: "·" };

/** A line for each requirement, then how many came out how. */
export function conformanceText(judged: readonly Judged[]): string {
  const lines = judged.map(({ requirement: { id, says }, finding: { verdict, text } }) => {
    return `${MARK[verdict]} ${id}  ${says}  (${text})\n`;
  });
  return `${lines.join("")}\n${countsText(judged)}\n`;
}

export function countsText(judged: readonly Judged[]): string {
  const count = (verdict: Verdict) =>
    judged.filter(({ finding }) => finding.verdict === verdict).length;
  return `${count("pass")} passed, ${count("fail")} failed, ${count("notTried")} not tried`;
}

export interface ReportHead {
  /** What was asked. */
  readonly server: string;
  readonly version: string;
  readonly date: string;
}

/** As JSON; `docs/conformance.schema.json`. */
export function conformanceReport(head: ReportHead, judged: readonly Judged[]): ConformanceReport {
  const findings = judged.map(({ requirement, finding }) => {
    const { id, says, source, situations } = requirement;
    const { verdict, text, frames } = finding;
    return {
      id,
      says,
      source,
      situations: [...situations],
      verdict,
      text,
      frames: frames.map(({ fPort, ...frame }) => ({
        ...frame,
        ...(fPort === undefined ? {} : { fPort }),
      })),
    };
  });
  return { schemaVersion: 1, ...head, findings };
}

/** A table of all, then the frames of what failed. */
export function conformanceMarkdown(head: ReportHead, judged: readonly Judged[]): string {
  const rows = judged.map(({ requirement, finding }) => {
    const { id, says, source, situations } = requirement;
    const where = situations.map((name) => name.replace("conformance-", "")).join(", ");
    return `| ${id} | ${MARK[finding.verdict]} | ${says} | ${finding.text} | ${where} | ${source} |\n`;
  });
  const failed = judged.filter(({ finding }) => finding.verdict === "fail");
  return [
    `# Conformance of ${head.server}\n\n`,
    `fuota ${head.version}, ${head.date}: ${countsText(judged)}.\n\n`,
    "| | | requirement | occasions that were right | situation | source |\n",
    "| --- | --- | --- | --- | --- | --- |\n",
    ...rows,
    failed.length === 0 ? "" : "\n## Frames of what failed\n",
    ...failed.map(({ requirement: { id, says }, finding }) => {
      return `\n**${id}** ${says}: ${finding.text}\n${framesText(finding)}`;
    }),
  ].join("");
}

function framesText({ frames }: Finding): string {
  if (frames.length === 0) return "";
  const lines = frames.map(({ atS, who, direction, fPort, hex }) => {
    const port = fPort === undefined ? "PHY" : `port ${fPort}`;
    return `${atS.toFixed(3).padStart(9)} s  ${who} ${direction === "up" ? "↑" : "↓"} ${port}  ${hex}\n`;
  });
  return `\n\`\`\`\n${lines.join("")}\`\`\`\n`;
}
