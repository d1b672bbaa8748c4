import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HouseCopy } from "./house-copy.ts";
import type { Mutant } from "./mutant.ts";
import { requireBaseline, tryMutant } from "./trial.ts";

const FILE = "agent/boot/crc32.ts";

function mutantOf(find: string, replace: string): Mutant {
  const tests = ["test/agent/boot/record.test.ts"];
  return { name: "crc32", why: "a defect", file: FILE, changes: [[find, replace]], tests };
}

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
  const canary = mutantOf("/** CRC-32 of IEEE 802.3:", "/** Another CRC:");
  expect(await requireBaseline(house, [canary])).toBeGreaterThan(5);
  expect(await tryMutant(house, canary)).toMatchObject({ result: "survived" });
  expect(textOf()).toBe(before);
});

test("a defect is killed, by the first test that fails", { timeout: 60_000 }, async () => {
  const before = textOf();
  const defect = mutantOf("return ~crc >>> 0;", "return crc >>> 0;");
  expect(await tryMutant(house, defect)).toMatchObject({
    result: "killed",
    by: "test/agent/boot/record.test.ts › CRC-32 of the check string",
  });
  expect(textOf()).toBe(before);
});

test("an endless loop is killed by the time-out", { timeout: 60_000 }, async () => {
  const loop = mutantOf("index < bytes.length; index++", "index < bytes.length; index += 0");
  expect(await tryMutant(house, loop, 3000)).toMatchObject({ result: "killed", by: "time-out" });
});

test("what does not apply, or does not load, is no kill", { timeout: 60_000 }, async () => {
  for (const find of ["no such text", "crc"]) {
    expect(await tryMutant(house, mutantOf(find, ""))).toMatchObject({ result: "doesNotApply" });
  }
  const noCode = mutantOf("export function crc32", "export function");
  expect(await tryMutant(house, noCode)).toMatchObject({ result: "broken" });
});

test("tests that fail without a mutant are refused", { timeout: 60_000 }, async () => {
  const undo = house.apply(mutantOf("return ~crc >>> 0;", "return crc >>> 0;"));
  try {
    await expect(requireBaseline(house, [mutantOf("a", "b")])).rejects.toThrow("CRC-32");
  } finally {
    undo();
  }
});
