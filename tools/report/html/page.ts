import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { escapeXml } from "#tools/report/junit.ts";
import { type PageFacts, pageData } from "./page-data.ts";

const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** One HTML file that needs nothing but itself. */
export function htmlOf(facts: PageFacts): string {
  const { resolve } = createRequire(import.meta.url);
  const own = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
  const chart = (name: string) => readFileSync(resolve(`uplot/dist/${name}`), "utf8");
  const { scenario, seed } = facts.report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(scenario.name)} · seed ${seed} · fuota</title>
<style>${chart("uPlot.min.css")}${own("page.css")}</style>
</head>
<body>
<noscript>This report is drawn by a script.</noscript>
<main></main>
<script type="application/json" id="data">${scriptSafe(JSON.stringify(pageData(facts)))}</script>
<script>${chart("uPlot.iife.min.js")}</script>
<script>${own("page.js")}</script>
</body>
</html>
`;
}

/** JSON that cannot end the element it stands in. */
export function scriptSafe(json: string): string {
  return json.replaceAll("<", "\\u003c");
}
