import { describe, expect, test } from "vitest";
import { escapeXml } from "#tools/report/junit.ts";

describe("text in XML", () => {
  test.each([
    { text: `<a b="c" d='e'>&`, xml: "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;" },
    { text: "]]>", xml: "]]&gt;" },
    { text: "tab\tand\nline", xml: "tab\tand\nline" },
    // XML 1.0 cannot hold these even as references.
    { text: "\u0000\u0008\u001b\uffff\ud800", xml: "\ufffd".repeat(5) },
    { text: "Größe 😀", xml: "Größe 😀" },
  ])("$text", ({ text, xml }) => {
    expect(escapeXml(text)).toBe(xml);
  });
});
