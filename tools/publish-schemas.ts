import { mkdirSync, writeFileSync } from "node:fs";
import { scenarioSchema } from "#scenarios/schema.ts";
import { reportSchema } from "./report/schema.ts";
import { publishedText } from "./schema-text.ts";

/** `npm run schemas`: writes the published JSON Schemas; a test holds them to their sources. */
const root = new URL("../", import.meta.url);
mkdirSync(new URL("docs/", root), { recursive: true });
writeFileSync(new URL("scenarios/scenario.schema.json", root), publishedText(scenarioSchema));
writeFileSync(new URL("docs/report.schema.json", root), publishedText(reportSchema));
