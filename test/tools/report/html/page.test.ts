import { expect, test } from "vitest";
import { htmlOf, scriptSafe } from "#tools/report/html/page.ts";

test("no text of a scenario ends the element that its data stands in", () => {
  expect(scriptSafe(JSON.stringify({ name: "</script><script>" }))).not.toContain("<");
  expect(JSON.parse(scriptSafe(JSON.stringify({ name: "</script>" })))).toEqual({
    name: "</script>",
  });
});

test("a page loads nothing, and a hostile title stays text", () => {
  const html = htmlOf({ title: "</title><script>alert(1)</script>", sections: [] });
  expect(html).toContain("<title>&lt;/title&gt;");
  expect(html).not.toContain("alert(1)</script>");
  expect(html).not.toMatch(/<(script|link|img)[^>]*(src|href)=/);
  expect(html).not.toMatch(/^(import|export)\b/m);
  expect(html).toContain("default-src 'none'");
});
