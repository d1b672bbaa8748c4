import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeBody } from "#agent/delta/body.ts";
import { PatchDecoder } from "#agent/delta/decoder.ts";
import { readerOf } from "#agent/image/reader.ts";

/** `detools` (PyPI), on the PATH or where DETOOLS says: patches both ways. */

let folder = "";
const path = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fuota-detools-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function detools(...args: readonly string[]): void {
  const run = spawnSync(process.env["DETOOLS"] ?? "detools", args, { encoding: "utf8" });
  if (run.error !== undefined) throw run.error;
  expect(run.status, run.stdout + run.stderr).toBe(0);
}

let state = 1;
const draw = (bound: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return (state >>> 8) % bound;
};
const noise = (sizeBytes: number) => Uint8Array.from({ length: sizeBytes }, () => draw(256));

/** As code does: few values are frequent, and words repeat. */
function codeLike(sizeBytes: number): Uint8Array {
  const words = Array.from({ length: 300 }, () => noise(2 + 2 * draw(2)));
  const code: number[] = [];
  while (code.length < sizeBytes) code.push(...(words[draw(draw(300) + 1)] ?? []));
  return Uint8Array.from(code.slice(0, sizeBytes));
}

function changed(bytes: Uint8Array, count: number): Uint8Array {
  const copy = bytes.slice();
  for (let change = 0; change < count; change++) copy[draw(copy.length)] = draw(256);
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const old = codeLike(40_000);
const pairs: readonly (readonly [string, Uint8Array, Uint8Array])[] = [
  ["scattered changes", old, changed(old, 400)],
  [
    "insertion and changes behind it",
    old,
    joined(old.subarray(0, 9000), noise(700), changed(old.subarray(9000), 300)),
  ],
  ["deletion", old, joined(old.subarray(0, 9000), old.subarray(12_000))],
  ["parts change places", old, joined(old.subarray(30_000), old.subarray(0, 30_000))],
  ["a blank part", joined(old, new Uint8Array(9000).fill(0xff)), old],
  ["nothing in common", old, noise(5000)],
  ["very different sizes", old.subarray(0, 100), old],
];

describe.each(pairs)("%s", (_, from, to) => {
  beforeAll(() => {
    writeFileSync(path("old"), from);
    writeFileSync(path("new"), to);
  });

  test.each(["none", "crle", "heatshrink"] as const)("detools applies ours: %s", (compression) => {
    writeFileSync(path("patch"), makeBody(from, to, compression).bytes);
    detools("apply_patch", path("old"), path("patch"), path("made"));
    expect(Buffer.compare(readFileSync(path("made")), to)).toBe(0);
  });

  test.each([
    ["none", 8, 7],
    ["crle", 8, 7],
    ["heatshrink", 8, 7],
    ["heatshrink", 4, 3],
    ["heatshrink", 11, 5],
    ["heatshrink", 11, 10],
  ])("we apply theirs, and make none larger: %s, 2^%i, 2^%i", (compression, window, lookahead) => {
    const shape = [
      "--heatshrink-window-sz2",
      `${window}`,
      "--heatshrink-lookahead-sz2",
      `${lookahead}`,
    ];
    detools("create_patch", "-c", compression, ...shape, path("old"), path("new"), path("theirs"));
    const body = new Uint8Array(readFileSync(path("theirs")));
    const decoder = new PatchDecoder(readerOf(body), readerOf(from));
    const made = new Uint8Array(decoder.targetBytes);
    expect([decoder.fill(made), decoder.finish(), decoder.problem]).toEqual([
      true,
      true,
      undefined,
    ]);
    expect(Buffer.compare(made, to)).toBe(0);
    expect(makeBody(from, to).bytes.length).toBeLessThanOrEqual(body.length);
  });
});
