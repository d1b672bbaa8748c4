import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { scenarioSchema } from "#scenarios/schema.ts";
import { conformanceSchema } from "./conformance/schema.ts";
import { imageSchema } from "./image/schema.ts";
import { planSchema } from "./plan/schema.ts";
import { probeSchema } from "./probe/schema.ts";
import { recordingSchema } from "./recording/schema.ts";
import { reportSchema } from "./report/schema.ts";
import { withPersonas } from "./scenario/persona-tables.ts";
import { withReference } from "./scenario/reference.ts";
import { publishedText } from "./schema-text.ts";
import { lnsSchema } from "./serve/lns/schema.ts";
import { sweepSchema } from "./sweep/schema.ts";

/** `npm run schemas`: writes what is published of the schemas; tests hold it to its sources. */
const root = new URL("../", import.meta.url);
const write = (path: string, text: string) => writeFileSync(new URL(path, root), text);

mkdirSync(new URL("docs/", root), { recursive: true });
const scenarioText = publishedText(scenarioSchema);
write("scenarios/scenario.schema.json", scenarioText);
write("docs/report.schema.json", publishedText(reportSchema));
write("docs/recording.schema.json", publishedText(recordingSchema));
const guide = readFileSync(new URL("docs/scenarios.md", root), "utf8");
write("docs/scenarios.md", withReference(guide, JSON.parse(scenarioText)));
write("docs/personas.md", withPersonas(readFileSync(new URL("docs/personas.md", root), "utf8")));
write("docs/sweep.schema.json", publishedText(sweepSchema));
write("docs/lns.schema.json", publishedText(lnsSchema));
write("docs/conformance.schema.json", publishedText(conformanceSchema));
write("docs/plan.schema.json", publishedText(planSchema));
write("docs/probe.schema.json", publishedText(probeSchema));
writeFileSync(new URL("docs/image.schema.json", root), publishedText(imageSchema));
