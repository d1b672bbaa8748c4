import { readFileSync } from "node:fs";
import { shellOf } from "#tools/report/html/shell.ts";
import { escapeXml } from "#tools/report/junit.ts";
import type { SweepReport, SweptConfiguration } from "./schema.ts";

const FAILURES_SHOWN = 20;

/** A sweep as one HTML file without a script: a heat map, and each configuration's runs. */
export function sweepPage(report: SweepReport): string {
  const css = readFileSync(new URL("../report/html/page/page.css", import.meta.url), "utf8");
  const { scenario, version, seeds, axes, configurations } = report;
  const facts = `${configurations.length} configurations × ${seeds.length} seeds · fuota ${version}`;
  const body = `<main>
<h1>${escapeXml(scenario.name)}</h1>
<p class="soft">${escapeXml(facts)}</p>
${report.interrupted ? '<p class="missed">Interrupted: a part of it.</p>' : ""}
<section><h2>Devices updated</h2>${heatMap(axes, configurations)}
<p class="soft">Share over all seeds, below it the 95 % interval. ✗: runs that did not meet the scenario's expectations.</p></section>
<section><h2>Configurations</h2>${configurations.map(details).join("\n")}</section>
</main>`;
  return shellOf({ title: `${scenario.name} · sweep`, allowed: [], css: css + HEAT_CSS, body });
}

const HEAT_CSS = `
.heat { border-collapse: separate; border-spacing: 2px; width: auto; }
.heat td, .heat th { padding: 6px 10px; text-align: center; border: 0; }
.heat td { background: color-mix(in srgb, var(--good) calc(var(--share) * 70%), var(--bad) calc((1 - var(--share)) * 45%)); }
.heat a { color: inherit; text-decoration: none; display: block; font-weight: 600; }
.heat small { display: block; font-weight: 400; }
details { margin: 6px 0; } details:target { outline: 2px solid var(--good); }
summary { cursor: pointer; }
`;

function heatMap(axes: SweepReport["axes"], configurations: readonly SweptConfiguration[]): string {
  const columns = axes.at(-1)?.values ?? [""];
  const rowAxes = axes.slice(0, -1);
  const corner = rowAxes.map(({ path }) => `<th scope="col">${escapeXml(path)}</th>`).join("");
  const heads = columns.map((value) => `<th scope="col">${escapeXml(value)}</th>`).join("");
  const span = `<tr><th colspan="${Math.max(1, rowAxes.length)}"></th><th colspan="${columns.length}">${escapeXml(axes.at(-1)?.path ?? "")}</th></tr>`;
  const rows: string[] = [];
  for (let at = 0; at < configurations.length; at += columns.length) {
    const row = configurations.slice(at, at + columns.length);
    const labels = (row[0]?.values ?? []).slice(0, -1);
    const head = labels.map((label) => `<th scope="row">${escapeXml(label)}</th>`).join("");
    const cells = row.map((one, offset) => cell(one, at + offset)).join("");
    rows.push(`<tr>${head === "" ? "<th></th>" : head}${cells}</tr>`);
  }
  return `<table class="heat">${span}<tr>${corner === "" ? "<th></th>" : corner}${heads}</tr>${rows.join("")}</table>`;
}

function cell(one: SweptConfiguration, index: number): string {
  if (one.runs.length === 0) return "<td>–</td>";
  const bad = one.runs.length - one.ok;
  const mark = bad > 0 ? ` ✗ ${bad}` : "";
  const interval = `${percent(one.updatedLow)} to ${percent(one.updatedHigh)}`;
  return `<td style="--share: ${one.updatedShare}"><a href="#c${index}">${percent(one.updatedShare)}${mark}<small>${interval}</small></a></td>`;
}

function details(one: SweptConfiguration, index: number): string {
  if (one.runs.length === 0) return `<p>${escapeXml(one.values.join(" · "))}: not run</p>`;
  const failed = one.runs.filter(({ ok }) => !ok);
  const reasons = new Map<string, number>();
  for (const { reasons: own } of one.runs) {
    for (const [reason, count] of Object.entries(own)) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    }
  }
  const why = [...reasons].map(([reason, count]) => `${reason} ${count}`).join(", ");
  const lines = failed.slice(0, FAILURES_SHOWN).map(({ seed, failed: names }) => {
    const command = one.replay.replace("SEED", String(seed));
    return `<p class="missed">seed ${seed}: ${escapeXml(names.join(", "))} <code>${escapeXml(command)}</code></p>`;
  });
  const more = failed.length - lines.length;
  return `<details id="c${index}"><summary>${escapeXml(one.values.join(" · "))}: ${percent(one.updatedShare)} of ${one.devices} devices, ${one.ok} of ${one.runs.length} runs as expected</summary>
<p>by seed: worst ${percent(one.shareMin)}, median ${percent(one.shareMedian)}, best ${percent(one.shareMax)}</p>
${why === "" ? "" : `<p>not updated: ${escapeXml(why)}</p>`}
${lines.join("\n")}${more > 0 ? `<p>and ${more} more</p>` : ""}
<p class="soft">again: <code>${escapeXml(one.replay)}</code></p></details>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
