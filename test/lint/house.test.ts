import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** The linter holds the house's directions: bad files are refused, good ones pass. */

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Case {
  readonly path: string;
  readonly text: string;
  /** Rule that must fire; undefined for a file that must pass. */
  readonly rule?: string;
}

const IMPORTS = "lint/style/noRestrictedImports";
const GLOBALS = "lint/style/noRestrictedGlobals";
const PLUGIN = "plugin";

const importing = (specifier: string) => `import { a } from "${specifier}";\n\na();\n`;
const refuses = (path: string, rule: string, ...texts: string[]): Case[] =>
  texts.map((text) => ({ path, rule, text }));

const cases: readonly Case[] = [
  ...refuses(
    "agent/boot",
    IMPORTS,
    importing("#sim/kernel/draws.ts"),
    importing("../../sim/kernel/draws.ts"),
    importing("#tools/version.ts"),
    importing("../../tools/version.ts"),
    importing("#scenarios/schema.ts"),
    importing("../../scenarios/schema.ts"),
    importing("#hal/node/crypto.ts"),
    importing("../../hal/node/crypto.ts"),
    importing("node:fs"),
    importing("fs"),
    importing("serialport"),
    importing("typebox"),
  ),
  ...refuses(
    "sim/mac",
    IMPORTS,
    importing("#hal/node/crypto.ts"),
    importing("../../hal/node/crypto.ts"),
    importing("#tools/version.ts"),
    importing("../../tools/version.ts"),
    importing("node:crypto"),
    importing("mqtt"),
  ),
  ...refuses(
    "hal/node",
    IMPORTS,
    importing("#agent/events.ts"),
    importing("../../agent/events.ts"),
    importing("#sim/kernel/draws.ts"),
    importing("../../sim/kernel/draws.ts"),
    importing("#tools/version.ts"),
    importing("../../tools/version.ts"),
  ),
  ...refuses(
    "scenarios",
    IMPORTS,
    importing("#agent/events.ts"),
    importing("../agent/events.ts"),
    importing("yaml"),
  ),
  ...["agent/packages", "sim/fleet"].flatMap((folder) => [
    ...refuses(
      folder,
      GLOBALS,
      "export const at = Date.now();\n",
      "export const at = new Date();\n",
      "export const at = performance.now();\n",
      "export const timer = setTimeout(() => {}, 1);\n",
      "export const timer = setInterval(() => {}, 1);\n",
      "export const timer = setImmediate(() => {});\n",
      "queueMicrotask(() => {});\n",
      "export const home = process.env;\n",
      "export const bytes = crypto.getRandomValues(new Uint8Array(1));\n",
      "export const answer = fetch;\n",
      "export const hidden = globalThis;\n",
    ),
    ...refuses(
      folder,
      PLUGIN,
      "export const chance = Math.random();\n",
      "export const chance = Math.random;\n",
      'export const chance = Math["random"]();\n',
      "export const natural = Math.log(2);\n",
      "export const power = Math.pow(2, 0.5);\n",
      "export const wave = Math.sin(1);\n",
      "export const growth = Math.exp(1);\n",
      "export const later = async (x: unknown) => {\n  await x;\n};\n",
    ),
  ]),
  {
    path: "agent/boot",
    text:
      'import { a } from "#agent/events.ts";\nimport type { Flash } from "#hal/ports.ts";\n' +
      'import { b } from "../wire/b.ts";\nimport { c } from "./c.ts";\n\n' +
      "export const d = (flash: Flash) => a(b, c, flash, Math.floor(1.5), Math.imul(2, 3), 2 ** 3);\n",
  },
  {
    path: "sim/mac",
    text:
      'import { a } from "#agent/events.ts";\nimport type { Flash } from "#hal/ports.ts";\n' +
      'import type { Scenario } from "#scenarios/schema.ts";\nimport { b } from "#sim/b.ts";\n' +
      'import { c } from "./c.ts";\n\n' +
      "export const d = (flash: Flash, scenario: Scenario) => a(b, c, flash, scenario);\n",
  },
  {
    path: "hal/node",
    text:
      'import { readFileSync } from "node:fs";\nimport type { Flash } from "#hal/ports.ts";\n\n' +
      "export const d = (flash: Flash) => readFileSync(String(flash), Date.now());\n",
  },
  {
    path: "tools",
    text:
      'import { a } from "#agent/events.ts";\nimport { b } from "#hal/node/crypto.ts";\n' +
      'import { c } from "#sim/kernel/draws.ts";\n\na(b, c, Date.now(), Math.random());\n',
  },
];

const fileOf = (index: number) => `${cases[index]?.path}/case-${index}.ts`;

let house = "";
const rulesByFile = new Map<string, string[]>();

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), "fuota-lint-"));
  copyFileSync(join(root, "biome.json"), join(house, "biome.json"));
  cpSync(join(root, "tools/lint"), join(house, "tools/lint"), { recursive: true });
  for (const [index, { text }] of cases.entries()) {
    const path = join(house, fileOf(index));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const bin = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
  const args = [bin, "lint", "--reporter=json", "--max-diagnostics=none", "."];
  const run = spawnSync(process.execPath, args, { cwd: house, encoding: "utf8" });
  const report: { diagnostics: { category: string; location: { path: string } }[] } = JSON.parse(
    run.stdout,
  );
  for (const { category, location } of report.diagnostics) {
    rulesByFile.set(location.path, [...(rulesByFile.get(location.path) ?? []), category]);
  }
});

afterAll(() => rmSync(house, { recursive: true, force: true }));

describe("the linter refuses", () => {
  const bad = [...cases.entries()].flatMap(([index, { path, text, rule }]) =>
    rule === undefined ? [] : [{ index, path, text: text.replaceAll("\n", " "), rule }],
  );
  test.each(bad)("in $path: $text", ({ index, rule }) => {
    expect(rulesByFile.get(fileOf(index)) ?? []).toContain(rule);
  });
});

describe("the linter accepts", () => {
  const good = [...cases.entries()].flatMap(([index, { path, rule }]) =>
    rule === undefined ? [{ index, path }] : [],
  );
  test.each(good)("a good file in $path", ({ index }) => {
    expect(rulesByFile.get(fileOf(index)) ?? []).toEqual([]);
  });
});
