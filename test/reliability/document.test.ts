import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  generatedIn,
  mergedMutants,
  mergedSuites,
  mutantTable,
  suiteTable,
  withGenerated,
} from "./document.ts";
import { figuresIn } from "./figures.ts";
import { suiteWords } from "./suite-words.ts";
import { Tally } from "./tally.ts";

test("figures are found in any output, and lines of one suite added up", () => {
  const output = `noise
RELIABILITY a/b cases=3 seconds=0.4 failures=0
stdout | x RELIABILITY c cases=1 seconds=2 failures=1
RELIABILITY a/b cases=4 seconds=1.6 failures=2
RELIABILITY d cases=many seconds=1 failures=0`;
  expect(figuresIn(output)).toEqual([
    { suite: "a/b", cases: 7, seconds: 2, failures: 2 },
    { suite: "c", cases: 1, seconds: 2, failures: 1 },
  ]);
});

test("the suites as a table", () => {
  const figures = [
    { suite: "boot/rot", cases: 1_234_567, seconds: 61.6, failures: 0 },
    { suite: "unknown", cases: 5, seconds: 0.2, failures: 1 },
  ];
  expect(suiteTable(figures).split("\n")).toEqual([
    "| suite | what | cases | failures | seconds |",
    "| --- | --- | --- | --- | --- |",
    `| \`boot/rot\` | ${suiteWords["boot/rot"]} | 1 234 567 | 0 | 62 |`,
    "| `unknown` |  | 5 | 1 | < 1 |",
  ]);
});

test("the mutants as a table: killed by which test, or not", () => {
  const mutant = { why: "a | b", file: "agent/x.ts", seconds: 1 };
  const killed = { ...mutant, name: "x/a", result: "killed", by: "test/a.test.ts › b" } as const;
  const survived = { ...mutant, name: "x/b", result: "survived", by: "all 3 tests pass" } as const;
  expect(mutantTable([killed, survived]).split("\n")).toEqual([
    "1 of 2 mutants are killed.",
    "",
    "| mutant | stands for | killed by |",
    "| --- | --- | --- |",
    "| `x/a` | a \\| b | a.test.ts › b |",
    "| `x/b` | a \\| b | **survived**: all 3 tests pass |",
  ]);
});

test("some of the suites, run again", () => {
  const suite = (name: string, cases: number) => ({ suite: name, cases, seconds: 2, failures: 0 });
  const old = suiteTable([suite("boot/rot", 1), suite("gone", 1), suite("boot/storms", 1)]);
  const fresh = suiteTable([suite("boot/storms", 2), suite("sick/flash", 3)]);
  const merged = suiteTable([
    suite("boot/rot", 1),
    suite("boot/storms", 2),
    suite("sick/flash", 3),
  ]);
  expect(mergedSuites(old, fresh)).toBe(merged);
});

test("some of the mutants, tried again", () => {
  const mutant = (name: string, result: "killed" | "survived") => {
    return { name, why: "a", file: "agent/x.ts", seconds: 1, result, by: "b" };
  };
  const old = mutantTable([
    mutant("a", "survived"),
    mutant("gone", "killed"),
    mutant("b", "killed"),
  ]);
  const fresh = mutantTable([mutant("a", "killed"), mutant("c", "survived")]);
  expect(mergedMutants(old, fresh, new Set(["a", "b", "c"]))).toBe(
    mutantTable([mutant("a", "killed"), mutant("b", "killed"), mutant("c", "survived")]),
  );
});

test("a part of a document is replaced between its markers, and only there", () => {
  const document = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
  const replaced = withGenerated(document, "x", "new");
  expect(replaced).toBe("a\n<!-- x -->\nnew\n<!-- /x -->\nb\n");
  expect(withGenerated(replaced, "x", "new")).toBe(replaced);
  expect(generatedIn(replaced, "x").trim()).toBe("new");
  for (const bad of ["a", "<!-- x -->", document + document]) {
    expect(() => withGenerated(bad, "x", "new")).toThrow(RangeError);
  }
});

test("docs/reliability.md has a place for both tables", () => {
  const document = readFileSync(new URL("../../docs/reliability.md", import.meta.url), "utf8");
  for (const name of ["suites", "mutants"]) {
    expect(withGenerated(document, name, "")).not.toBe(document);
  }
});

test("a tally goes on after a failure, and throws the first one at the end", () => {
  let printed = "";
  const tally = new Tally("tally", (line) => {
    printed += line;
  });
  tally.case(() => {});
  for (const message of ["first", "second"]) {
    tally.case(() => {
      throw new Error(message);
    });
  }
  expect(() => tally.close()).toThrow("first");
  expect(printed).toMatch(/^RELIABILITY tally cases=3 seconds=0\.\d failures=2\n$/);
});
