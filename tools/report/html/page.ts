import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { RunData } from "./page-data.ts";
import type { Section } from "./sections.ts";
import { shellOf } from "./shell.ts";

export interface Page {
  readonly title: string;
  /** Drawn first. */
  readonly run?: RunData;
  /** Drawn behind it, or alone. */
  readonly sections: readonly Section[];
}

/** The page's own scripts, in this order: each knows what stands before it. */
export const SCRIPTS = [
  "elements.js",
  "charts.js",
  "outcome.js",
  "pictures.js",
  "device.js",
  "devices.js",
  "sections.js",
  "main.js",
];

/** One HTML file that needs nothing but itself. */
export function htmlOf(page: Page): string {
  const { resolve } = createRequire(import.meta.url);
  const own = (name: string) => readFileSync(new URL(`page/${name}`, import.meta.url), "utf8");
  const chart = (name: string) => readFileSync(resolve(`uplot/dist/${name}`), "utf8");
  const script = SCRIPTS.map((name) => withoutModules(own(name))).join("\n");
  const body = `<noscript>This report is drawn by a script.</noscript>
<main></main>
<script type="application/json" id="data">${scriptSafe(JSON.stringify(page))}</script>
<script>${chart("uPlot.iife.min.js")}</script>
<script>"use strict";
{
${script}}
</script>`;
  return shellOf({
    title: page.title,
    allowed: ["script-src 'unsafe-inline'"],
    css: chart("uPlot.min.css") + own("page.css"),
    body,
  });
}

/** JSON that cannot end the element it stands in. */
export function scriptSafe(json: string): string {
  return json.replaceAll("<", "\\u003c");
}

/** The scripts are modules to a linter, and one script to a page that may load nothing. */
function withoutModules(source: string): string {
  return source.replaceAll(/^import [^;]*;\n/gm, "").replaceAll(/^export /gm, "");
}
