import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { FileInUse, FileLock } from "#hal/node/file-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "fuota-lock-"));
const path = join(folder, "lock");
/** Field 22 of proc(5). */
const startOf = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ")[19];
beforeEach(() => rmSync(path, { force: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("one at a time, until it is released", () => {
  const lock = FileLock.take(path);
  expect(() => FileLock.take(path)).toThrow(FileInUse);
  expect(() => FileLock.take(path)).toThrow(`process ${process.pid} has it`);
  lock.release();
  FileLock.take(path).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("one that was taken away is not released", () => {
  const lock = FileLock.take(path);
  rmSync(path);
  symlinkSync("1-0", path);
  lock.release();
  expect(readlinkSync(path)).toBe("1-0");
});

describe("holders that are gone", () => {
  test("killed", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const exit = new Promise((resolve) => child.once("exit", resolve));
    const { pid = 0 } = child;
    symlinkSync(`${pid}-${startOf(pid)}`, path);
    expect(() => FileLock.take(path)).toThrow(`process ${pid} has it`);
    child.kill("SIGKILL");
    await exit;
    FileLock.take(path).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ["whose number is another process's now", `${process.pid}-1`],
    ["that never was", "4194999-1"],
    ["that is no process", "nonsense"],
    ["that is empty of sense", "0x1-1"],
  ])("%s", (_, holder) => {
    symlinkSync(holder, path);
    const lock = FileLock.take(path);
    expect(() => FileLock.take(path)).toThrow(FileInUse);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("a folder that is not there", () => {
  expect(() => FileLock.take(join(folder, "none", "lock"))).toThrow(/ENOENT/);
});
