import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Verdict } from "#tools/conformance/finding.ts";
import { conformanceSchema } from "#tools/conformance/schema.ts";
import {
  conformanceMarkdown,
  conformanceReport,
  conformanceText,
} from "#tools/conformance/text.ts";
import { accepts, readSchema } from "#tools/json-schema.ts";
import { publishedText } from "#tools/schema-text.ts";

const judged = (["pass", "fail", "notTried"] as const).map((verdict: Verdict, index) => ({
  requirement: {
    id: `X-0${index + 1}`,
    says: `requirement ${index + 1}`,
    source: "TS004-2.0.0 §3",
    situations: ["conformance-vanish"] as const,
    occasions: () => [],
  },
  finding: {
    verdict,
    text: verdict === "fail" ? "1 of 2; too late" : "2 of 2",
    frames: [
      { atS: 12.5, who: "device 3", direction: "down" as const, fPort: 201, hex: "0101" },
      { atS: 13, who: "gateway 0", direction: "up" as const, fPort: undefined, hex: "40aa" },
    ],
  },
}));

test("a person sees each requirement, and how many came out how", () => {
  const text = conformanceText(judged);
  expect(text).toContain("✓ X-01  requirement 1  (2 of 2)\n");
  expect(text).toContain("✗ X-02  requirement 2  (1 of 2; too late)\n");
  expect(text).toContain("1 passed, 1 failed, 1 not tried\n");
});

test("the report has the sources, and the frames of what failed alone", () => {
  const head = { server: "a server", version: "0.1.0", date: "2026-01-02" };
  const markdown = conformanceMarkdown(head, judged);
  expect(markdown).toContain("# Conformance of a server\n\nfuota 0.1.0, 2026-01-02: 1 passed");
  expect(markdown).toContain("| X-01 | ✓ | requirement 1 | 2 of 2 | vanish | TS004-2.0.0 §3 |");
  expect(markdown.match(/0101/g)).toHaveLength(1);
  expect(markdown).toContain("   12.500 s  device 3 ↓ port 201  0101\n");
  expect(markdown).toContain("   13.000 s  gateway 0 ↑ PHY  40aa\n");
});

const published = new URL("../../../docs/conformance.schema.json", import.meta.url);

test("the published schema is the schema, and accepts what is written", () => {
  expect(readFileSync(published, "utf8")).toBe(publishedText(conformanceSchema));
  const head = { server: "a server", version: "0.1.0", date: "2026-01-02" };
  const report: unknown = JSON.parse(JSON.stringify(conformanceReport(head, judged)));
  expect(accepts(readSchema(published), report)).toBe(true);
});
