import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** House rules that the linter cannot hold. Each ban names what to do instead. */

const root = fileURLToPath(new URL("..", import.meta.url));

function filesInGit(): readonly string[] {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const run = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (run.status !== 0) throw new RangeError(`git: ${run.stderr}`);
  return run.stdout.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
}

const files = filesInGit();
const textOf = (path: string) => readFileSync(join(root, path), "utf8");
const sources = files.filter((path) => path.endsWith(".ts"));
const shipped = sources.filter((path) => !path.startsWith("test/") && !path.includes(".config."));
const texts = files.filter(
  (path) =>
    /\.(ts|mjs|md|yaml|json|grit|run)$|^\.ci\/run$/.test(path) && path !== "package-lock.json",
);
/** This file has to spell what it bans. */
const self = "test/tidy.test.ts";

/** Lines of `paths` that match, as `path:line: text`. */
function linesWith(pattern: RegExp, paths: readonly string[]): string[] {
  return paths
    .filter((path) => path !== self)
    .flatMap((path) =>
      textOf(path)
        .split("\n")
        .flatMap((line, index) =>
          pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 100)}`] : [],
        ),
    );
}

const LINES_MAX = 300;
/** Tables of vectors and hostile inputs run longer. */
const TEST_LINES_MAX = 500;
/** Generated: bytes of a WebAssembly module. */
const GENERATED = /-wasm\.ts$/;

test("a file has one idea: at most 300 lines, 500 of a test", () => {
  const long = sources
    .filter((path) => !GENERATED.test(path))
    .map((path) => ({ path, lines: textOf(path).split("\n").length - 1 }))
    .filter(({ path, lines }) => lines > (path.startsWith("test/") ? TEST_LINES_MAX : LINES_MAX));
  expect(long).toEqual([]);
});

test("names are kebab-case", () => {
  const allowed = /^[a-z0-9]+(-[a-z0-9]+)*(\.(wire|test|config|contract|peers|soak|d))*\.\w+$/;
  const wrong = sources.filter((path) => !allowed.test(path.split("/").at(-1) ?? ""));
  expect(wrong).toEqual([]);
});

describe("nothing is left open", () => {
  test.each([
    { what: "notes to self: do it, or file an issue", pattern: /\b(TODO|FIXME|XXX|HACK)\b/ },
    {
      what: "skipped or focused tests: mend or delete them",
      pattern: /\b(it|test|describe)\.(skip|only|todo)\b|\bx(it|describe)\(/,
    },
    {
      what: "catch-all modules: name the idea",
      // Other people's packages may.
      pattern: /^(?!import .* from "@).*\/(utils?|helpers?|common|misc)(\.ts|\/)/,
    },
  ])("$what", ({ pattern }) => {
    expect(linesWith(pattern, sources)).toEqual([]);
  });
});

/** The codec kit derives types that the language cannot name; AssemblyScript is not TypeScript. */
const MAY_SILENCE = /^agent\/wire\/|\/assembly\//;

test("linters are not silenced: mend the code", () => {
  const loud = sources.filter((path) => !MAY_SILENCE.test(path));
  expect(linesWith(/biome-ignore|@ts-(ignore|expect-error|nocheck)/, loud)).toEqual([]);
});

describe("the repository stands alone", () => {
  test.each([
    { what: "paths of some machine", pattern: /(?<![\w.])\/(work|farm|root|home|Users)\/[a-z]/ },
    { what: "hosts of some network", pattern: /\b[\w-]+\.(internal|local|lan|corp)\b(?!\w)/ },
    { what: "folders beside the repository", pattern: /\.\.\/shared\// },
  ])("no $what", ({ pattern }) => {
    expect(linesWith(pattern, texts)).toEqual([]);
  });

  test("the lock file names packages, not where somebody got them", () => {
    expect(linesWith(/"resolved":/, ["package-lock.json"])).toEqual([]);
  });
});

/** Entry points: started by npm, by Node or by a person, and so imported by nobody. */
const ENTRIES = new Set([
  "agent/index.ts",
  "hal/index.ts",
  "sim/index.ts",
  "tools/index.ts",
  "tools/bin.ts",
  "tools/run/worker.ts",
  "tools/sweep/worker.ts",
  "tools/publish-schemas.ts",
  "tools/build-kernel.ts",
  "test/contract/radio/modem-process.ts",
  "test/mutants/main.ts",
  "test/reliability/main.ts",
]);

function importsOf(path: string): readonly string[] {
  const specifiers = [...textOf(path).matchAll(/(?:from|import)\s*\(?\s*"([^"]+\.ts)"/g)];
  return specifiers.map(([, specifier = ""]) =>
    specifier.startsWith("#")
      ? specifier.slice(1)
      : normalize(join(dirname(path), specifier)).replaceAll("\\", "/"),
  );
}

test("every source file is used, and not by tests alone", () => {
  const used = new Set(shipped.flatMap(importsOf));
  const isStarted = (path: string) => ENTRIES.has(path) || /\/assembly\//.test(path);
  expect(shipped.filter((path) => !used.has(path) && !isStarted(path))).toEqual([]);
});

test("every test helper is used by a test", () => {
  const tests = sources.filter((path) => path.startsWith("test/"));
  const used = new Set(tests.flatMap(importsOf));
  const helpers = tests.filter((path) => !path.endsWith(".test.ts"));
  expect(helpers.filter((path) => !used.has(path) && !ENTRIES.has(path))).toEqual([]);
});

test("an outside library is imported by few files, each for one role", () => {
  const roles: Readonly<Record<string, number>> = {
    yaml: 1,
    "ajv/dist/2020.js": 1,
    "lora-packet": 2,
    serialport: 1,
    "@serialport/bindings-cpp": 1,
    koffi: 1,
    coap: 1,
    "coap-packet": 1,
  };
  for (const [library, filesMax] of Object.entries(roles)) {
    const importers = shipped.filter((path) => textOf(path).includes(`from "${library}"`));
    expect(importers.length, `${library}: ${importers.join(", ")}`).toBeLessThanOrEqual(filesMax);
  }
});
