import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { personaSchema } from "#scenarios/device-schema.ts";
import { personaOf, personas } from "#sim/personas/personas.ts";
import { withPersonas } from "#tools/scenario/persona-tables.ts";

const document = readFileSync(new URL("../../../docs/personas.md", import.meta.url), "utf8");

test("the document has every row of every table (`npm run schemas` writes that part)", () => {
  expect(document).toBe(withPersonas(document));
  expect(document.split("<!-- personas")).toHaveLength(2);
});

test("the scenario key knows the personas there are, and the reference", () => {
  const names = personaSchema.anyOf.map((literal) => literal.const);
  expect(names).toEqual(["reference", ...personas.map(({ name }) => name)]);
  expect(personaOf("reference")).toBeUndefined();
});

describe.each(personas)("$name", ({ rows, versions }) => {
  test("says of each deviation what it is and where it was found", () => {
    for (const { does, text, source } of rows) {
      expect(Object.keys(does).length, text).toBeGreaterThan(0);
      expect(text).toMatch(/^[A-Z].*\.$/);
      expect(source).not.toBe("");
    }
  });

  test.each(versions)("version %i: no deviation is said twice", (version) => {
    const keys = rows
      .filter(({ only }) => only === undefined || only === version)
      .flatMap(({ does }) => Object.keys(does));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("rows of a version are for one that it speaks", () => {
    for (const { only } of rows) if (only !== undefined) expect(versions).toContain(only);
  });
});
