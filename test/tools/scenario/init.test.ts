import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveScenario } from "#scenarios/defaults.ts";
import { scenarioSchema } from "#scenarios/schema.ts";
import { checkScenario } from "#tools/scenario/check.ts";
import { initCommand } from "#tools/scenario/init-command.ts";
import { initialScenario } from "#tools/scenario/initial.ts";
import { parseScenario } from "#tools/scenario/load.ts";
import { publishedText } from "#tools/schema-text.ts";
import { FakeTerminal } from "../run/fake-fleet.ts";

const INITIAL_SCENARIO = initialScenario("./x.json");

/** Every key of a JSON Schema, at any depth. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own = "properties" in schema ? Object.keys(schema.properties ?? {}) : [];
  return [...own, ...Object.values(schema).flatMap(keysOf)];
}

describe("the initial scenario", () => {
  test("is valid and fits together", () => {
    const { scenario } = parseScenario(INITIAL_SCENARIO, "initial");
    const resolved = resolveScenario(scenario);
    expect(checkScenario(resolved, resolved.firmware.sizeBytes)).toBeUndefined();
  });

  test("shows every key but those of special expectations", () => {
    const special = ["failed", "rolledBack", "neverReached", "serverComplete"];
    const silent = [
      ...special,
      "chunksMax",
      "shortOfRowsMin",
      "virtualSecondsMax",
      "lossGood",
      "lossBad",
    ];
    for (const key of new Set(keysOf(scenarioSchema))) {
      if (silent.includes(key)) continue;
      expect(INITIAL_SCENARIO, key).toMatch(new RegExp(`\\b${key}: ?`));
    }
  });

  test("shows true defaults", () => {
    const { scenario } = parseScenario(INITIAL_SCENARIO, "initial");
    const uncommented = INITIAL_SCENARIO.replace(
      /^( *)# ((?!description)\w+: (?:"[^"]*"|[\w.]+))(?= *#|$)/gm,
      "$1$2",
    );
    expect(uncommented).toMatch(/^ {2}marginS: 5/m);
    expect(resolveScenario(parseScenario(uncommented, "initial").scenario)).toEqual(
      resolveScenario(scenario),
    );
  });
});

describe("fuota init", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "fuota-init-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const init = (...args: string[]) => {
    const terminal = new FakeTerminal();
    initCommand(terminal).parse(args, { from: "user" });
    return terminal.stdout;
  };

  test("writes the file, and replaces nothing unasked", () => {
    const path = join(folder, "mine.yaml");
    expect(init(path)).toContain(`wrote ${path}; run it with: fuota run ${path}`);
    const written = readFileSync(path, "utf8");
    const [, schema = ""] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(written) ?? [];
    expect(written).toBe(initialScenario(schema));
    expect(readFileSync(join(folder, schema), "utf8")).toBe(publishedText(scenarioSchema));
    expect(() => init(path)).toThrow(/mine\.yaml: exists already; --force replaces it$/);
    expect(() => init(path, "--force")).not.toThrow();
    expect(() => init(join(folder, "no/where.yaml"))).toThrow(/: no such file$/);
    expect(init("-")).toBe(initialScenario("./scenarios/scenario.schema.json"));
  });
});
