import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generatedIn } from "../reliability/document.ts";
import { root } from "./house-copy.ts";
import { mutants } from "./list.ts";
import { mutate } from "./mutant.ts";

test.each(mutants)("$name still applies", (mutant) => {
  const text = readFileSync(join(root, mutant.file), "utf8");
  expect(mutate(text, mutant)).not.toBe(text);
  expect(mutant.tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(mutant.tests).not.toEqual([]);
});

test("no two mutants are alike", () => {
  const names = mutants.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const changes = mutants.map(({ file, changes: each }) => JSON.stringify([file, each]));
  expect(new Set(changes).size).toBe(changes.length);
});

test("the changelog counts them, and the table of the guide has each", () => {
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  expect(changelog).toContain(`\`npm run mutants\` puts ${mutants.length} defects into the code`);
  const table = generatedIn(readFileSync(join(root, "docs/reliability.md"), "utf8"), "mutants");
  const rows = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
  expect(new Set(rows)).toEqual(new Set(mutants.map(({ name }) => name)));
  expect(table).toContain(`\n${mutants.length} of ${mutants.length} mutants are killed.\n`);
});
