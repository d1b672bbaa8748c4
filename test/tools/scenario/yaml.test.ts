import { describe, expect, test } from "vitest";
import { parseYaml } from "#tools/scenario/yaml.ts";

const refusal = (text: string) => {
  const parsed = parseYaml(text);
  if (parsed.ok) throw new RangeError("accepted");
  return { line: parsed.line, message: parsed.message };
};

const MIB = 1_048_576;
const many = (text: string, bytes = MIB) => text.repeat(Math.floor(bytes / text.length));

describe("plain data is read", () => {
  test.each([
    { text: "a: 1\nb: [x, true, 1.5, null]\n", value: { a: 1, b: ["x", true, 1.5, null] } },
    { text: "", value: null },
    { text: "a: 2026-01-01\nb: yes\n", value: { a: "2026-01-01", b: "yes" } },
    { text: "a: &x [1]\nb: *x\n", value: { a: [1], b: [1] } },
    { text: "1: a\n", value: { "1": "a" } },
    { text: `a: >\n${" word\n".repeat(400)}`, value: { a: `${"word ".repeat(400).trim()}\n` } },
  ])("$text", ({ text, value }) => {
    expect(parseYaml(text)).toMatchObject({ ok: true, value });
  });
});

test("lines are those of keys and items", () => {
  const parsed = parseYaml("a: 1\nb:\n  c:\n    - 1\n    - 2\n");
  if (!parsed.ok) throw new RangeError(parsed.message);
  expect(parsed.lineOf([])).toBe(1);
  expect(parsed.lineOf(["b", "c"])).toBe(3);
  expect(parsed.lineOf(["b", "c", 1])).toBe(5);
  // What is not there is shown where it should be.
  expect(parsed.lineOf(["b", "missing"])).toBe(2);
});

describe("what a scenario has no use for is refused with its line", () => {
  test.each([
    { text: "a: 1\na: 2\n", line: 2, message: 'key "a" is repeated' },
    { text: "1: a\n'1': b\n", line: 2, message: 'key "1" is repeated' },
    { text: "a: 1\nb: [1\nc: 2\n", line: 3, message: "is not valid YAML: Flow sequence" },
    { text: "\ta: 1\n", line: 1, message: "is not valid YAML: Tabs" },
    { text: "a: 1\n---\nb: 2\n", line: 2, message: "more than one document" },
    { text: "a: !!binary aGk=\n", line: 1, message: "Unresolved tag" },
    { text: "a: !shell rm\n", line: 1, message: "Unresolved tag" },
    { text: "? [1, 2]\n: 3\n", line: 1, message: "keys must be strings" },
    { text: "a: *nowhere\n", line: 1, message: "alias *nowhere has no anchor" },
    { text: "a: &a\n  b: *a\n", line: 2, message: "alias *a contains itself" },
  ])("$text", ({ text, line, message }) => {
    expect(refusal(text).line).toBe(line);
    expect(refusal(text).message).toContain(message);
  });
});

describe("a hostile mebibyte is refused at once", () => {
  const bomb = Array.from(
    { length: 9 },
    (_, i) => `a${i + 1}: &a${i + 1} [${many(`*a${i},`, 50)}]`,
  );
  test.each([
    { name: "brackets", text: many("[") },
    { name: "closing brackets", text: many("]") },
    { name: "maps in lists", text: many("[{a: ") },
    { name: "dashes", text: many("- ") },
    { name: "question marks", text: many("? ") },
    { name: "colons", text: many("a: ") },
    {
      name: "indentation",
      text: Array.from({ length: 1400 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
    },
    { name: "keys", text: Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join("\n") },
    { name: "quotes", text: many('"') },
    { name: "anchors", text: many("&a ") },
    { name: "tags", text: many("!a ") },
    { name: "comments", text: many("#\n") },
    { name: "documents", text: many("---\n") },
    { name: "aliases", text: `a: &a 1\nb: [${many("*a,", 2000)}]` },
    { name: "aliases of aliases", text: `a0: &a0 [x,x,x,x,x,x,x,x]\n${bomb.join("\n")}` },
  ])("$name", ({ text }) => {
    const startedMs = performance.now();
    expect(refusal(text).message.length).toBeLessThan(200);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });
});
