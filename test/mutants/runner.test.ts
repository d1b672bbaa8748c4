import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HouseCopy } from "./house-copy.ts";
import type { Mutant } from "./mutant.ts";
import { requireBaseline, tryMutant } from "./trial.ts";

const FILE = "test/mutants/canary.ts";
const TEST = "test/mutants/canary.test.ts";

function mutantOf(find: string, replace: string): Mutant {
  return { name: "canary", why: "a defect", file: FILE, changes: [[find, replace]], tests: [TEST] };
}
const defect = mutantOf("return sum & 0xff;", "return sum;");

let house: HouseCopy;

beforeAll(() => {
  house = new HouseCopy();
});
afterAll(() => house.remove());

const textOf = () => readFileSync(join(house.root, FILE), "utf8");

test("a mutant that changes nothing but a comment survives, and is reported", {
  timeout: 60_000,
}, async () => {
  const before = textOf();
  const equivalent = mutantOf("/** Something small", "/** Something else");
  expect(await requireBaseline(house, [equivalent])).toBe(1);
  expect(await tryMutant(house, equivalent)).toMatchObject({ result: "survived" });
  expect(textOf()).toBe(before);
});

test("a defect is killed, by the first test that fails", { timeout: 60_000 }, async () => {
  const before = textOf();
  expect(await tryMutant(house, defect)).toMatchObject({
    result: "killed",
    by: `${TEST} › the canary sings`,
  });
  expect(textOf()).toBe(before);
});

test("an endless loop is killed by the time-out", { timeout: 60_000 }, async () => {
  const loop = mutantOf("index++", "index += 0");
  expect(await tryMutant(house, loop, 3000)).toMatchObject({ result: "killed", by: "time-out" });
});

test("what does not apply, or does not load, is no kill", { timeout: 60_000 }, async () => {
  for (const find of ["no such text", "sum"]) {
    expect(await tryMutant(house, mutantOf(find, ""))).toMatchObject({ result: "doesNotApply" });
  }
  const noCode = mutantOf("export function checksum", "export function");
  expect(await tryMutant(house, noCode)).toMatchObject({ result: "broken" });
  const noTest = { ...defect, tests: ["test/mutants/none.test.ts"] };
  expect(await tryMutant(house, noTest)).toMatchObject({ result: "broken" });
});

test("tests that fail without a mutant are refused", { timeout: 60_000 }, async () => {
  const undo = house.apply(defect);
  try {
    await expect(requireBaseline(house, [defect])).rejects.toThrow("the canary sings");
  } finally {
    undo();
  }
});
