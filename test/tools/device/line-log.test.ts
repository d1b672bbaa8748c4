import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openLineLog } from "#tools/device/line-log.ts";
import { InputError } from "#tools/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "fuota-log-"));
afterAll(() => rmSync(folder, { recursive: true }));
const never = () => {
  throw new RangeError("nobody asked for it");
};

test("appends, and drops what comes after its end", () => {
  const path = join(folder, "log.jsonl");
  for (const line of ["one", "two"]) {
    const log = openLineLog(path, never, never);
    log.write(line);
    log.close();
    log.write("late");
    log.close();
  }
  expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
});

test("- is standard output", () => {
  const written: string[] = [];
  openLineLog("-", (text) => written.push(text), never).write("one");
  expect(written).toEqual(["one\n"]);
});

test("a disk that is full is told once", () => {
  const complaints: string[] = [];
  const log = openLineLog("/dev/full", never, (text) => complaints.push(text));
  log.write("one");
  log.write("two");
  log.close();
  expect(complaints).toEqual(["/dev/full lacks lines from here on: no space left"]);
});

test("what cannot be opened is no log", () => {
  expect(() => openLineLog(folder, never, never)).toThrow(InputError);
});
