import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXIT } from "#tools/errors.ts";
import { buildProgram, VERBS } from "#tools/program.ts";
import { shippedNames } from "#tools/scenario/shipped.ts";
import { FakeTerminal, fakeParts, fakeSimulate } from "./tools/run/fake-fleet.ts";

/** The README does not promise what is not there. */

const root = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const guide = readFileSync(new URL("docs/scenarios.md", root), "utf8");
const verbs = VERBS.map(({ name }) => name);
const program = await buildProgram(fakeParts(new FakeTerminal(), fakeSimulate(1)), verbs);

describe("commands in the README", () => {
  const lines = [...readme.matchAll(/^(?:\$ )?fuota ([a-z]+)(.*?)(?: +#.*)?$/gm)];

  test.each(lines.map(([line, verb, rest]) => ({ line, verb, rest })))(
    "$line",
    ({ verb, rest }) => {
      const command = program.commands.find((one) => one.name() === verb);
      const family = [command, ...(command?.commands ?? [])];
      const options = family.flatMap((one) => one?.options.map((option) => option.long) ?? []);
      expect(verbs).toContain(verb);
      for (const [option] of rest?.matchAll(/--[a-z]+/g) ?? []) expect(options).toContain(option);
    },
  );

  test("are there at all", () => {
    expect(lines.length).toBeGreaterThan(5);
  });
});

test("every verb is in the README", () => {
  for (const verb of verbs) expect(readme).toContain(`fuota ${verb}`);
});

test("the list of verbs says what each says of itself", () => {
  for (const { name, summary } of VERBS) {
    const command = program.commands.find((one) => one.name() === name);
    expect(command?.description(), name).toBe(summary);
  }
});

test("every link leads to a file", () => {
  for (const document of [readme, guide]) {
    for (const [, target = ""] of document.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(existsSync(new URL(target, root)), target).toBe(true);
    }
  }
});

test("every shipped scenario is in the guide, and the README counts them", () => {
  for (const name of shippedNames()) expect(guide).toContain(`\`${name}\``);
  expect(shippedNames()).toHaveLength(77);
  expect(readme).toContain("Seventy-seven are shipped");
});

test("the guide to the MAC says what becomes of each command of a server", () => {
  const mac = readFileSync(new URL("docs/mac.md", root), "utf8");
  const wire = readFileSync(new URL("sim/mac/mac-commands.wire.ts", root), "utf8");
  const [downlinks = ""] = wire.split("export const macUplink");
  const names = [...downlinks.matchAll(/^ {2}(\w+): \{/gm)].map(([, name]) => name);
  expect(names).toHaveLength(20);
  for (const name of names) expect(mac).toContain(name);
});

test("every exit status is in the README", () => {
  for (const status of Object.values(EXIT)) expect(readme).toContain(`\n| ${status} |`);
});
