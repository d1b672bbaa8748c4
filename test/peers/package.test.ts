import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** What `npm pack` makes, installed where nothing else is. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "fuota-package-"));

function run(command: string, args: readonly string[], cwd = home) {
  // npm hands its own settings to its children; this one is not a child of the clone.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|package)_/.test(name)),
  );
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  return { status, stdout, stderr };
}

const fuota = (...args: string[]) => run(join(home, "node_modules/.bin/fuota"), args);

beforeAll(() => {
  const packed = run("npm", ["pack", "--silent", "--pack-destination", home], root);
  expect(packed.status, packed.stderr).toBe(0);
  const tarball = readdirSync(home).find((name) => name.endsWith(".tgz")) ?? "none";
  writeFileSync(join(home, "package.json"), '{"private": true, "type": "module"}\n');
  const install = ["install", "--no-audit", "--no-fund", "--loglevel=error", `./${tarball}`];
  const installed = run("npm", install);
  expect(installed.status, installed.stderr).toBe(0);
}, 300_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

test("fuota --version", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(fuota("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
});

test("fuota run of a shipped scenario, and its replay", () => {
  const ran = fuota("run", "clean", "--json", "clean.json");
  expect(ran.stderr).toBe("");
  expect(ran.stdout).toContain("✓ updated: all (20)");
  expect(ran.status).toBe(0);
  expect(fuota("replay", "clean.json").stdout).toContain("replayed: the same in all 20 devices");
});

test("fuota fec check", () => {
  const checked = fuota("fec", "check", join(root, "test/vectors/fec.json"));
  expect(checked.stdout).toMatch(/\b\d+ passed, 0 failed\n$/);
  expect(checked.status).toBe(0);
});

test("fuota init writes a scenario that its schema comment leads an editor through", () => {
  expect(fuota("init", "mine.yaml").status).toBe(0);
  const [comment = ""] = readFileSync(join(home, "mine.yaml"), "utf8").split("\n");
  const schema = comment.split("$schema=")[1] ?? "";
  expect(JSON.parse(readFileSync(join(home, schema), "utf8")).title).toBe("a fuota scenario");
});

test("a wrong scenario is one line and status 2", () => {
  writeFileSync(join(home, "bad.yaml"), "name: bad\n");
  const { status, stdout, stderr } = fuota("run", "bad.yaml");
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^fuota: bad\.yaml:1: expect is missing, expected .*\n$/);
});

describe("entry points", () => {
  test.each([
    ["fuota", "loadScenario"],
    ["fuota/agent", "Decoder"],
    ["fuota/hal", "NodeCrypto"],
    ["fuota/sim", "Engine"],
  ])("%s exports %s", (entry, name) => {
    const script = `import { ${name} } from "${entry}"; console.log(typeof ${name});`;
    const { stdout, stderr } = run("node", ["--input-type=module", "-e", script]);
    expect({ stdout, stderr }).toEqual({ stdout: "function\n", stderr: "" });
  });

  test("have types", () => {
    const consumer = `import { Decoder, type FragmentStore } from "fuota/agent";
import { loadScenario, type Report } from "fuota";
import { NodeCrypto } from "fuota/hal";
import { Engine } from "fuota/sim";

declare const store: FragmentStore;
const config = { variant: "ts004-v1", nbFrag: 2, fragSize: 4, matrixRowsMax: 9, scratchFragmentsMax: 9 } as const;
const missing: number = new Decoder(config, store).missing;
const seed: number | undefined = loadScenario("clean").scenario.seed;
const events: number = new Engine().events;
export const all = [missing, seed, events, new NodeCrypto()] as const;
export type Devices = Report["devices"];
`;
    writeFileSync(join(home, "consumer.ts"), consumer);
    const tsc = join(
      dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
      "bin/tsc",
    );
    const flags = [
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--types",
      "",
    ];
    const { status, stdout } = run("node", [tsc, ...flags, "consumer.ts"]);
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });
});

test("nothing is in the package that its users have no use for", () => {
  const folder = join(home, "node_modules/fuota");
  expect(readdirSync(folder).sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "dist",
    "docs",
    "package.json",
  ]);
  const sources = readdirSync(join(folder, "dist"), { recursive: true, encoding: "utf8" }).filter(
    (path) => path.endsWith(".ts") && !path.endsWith(".d.ts"),
  );
  expect(sources).toEqual([]);
});
