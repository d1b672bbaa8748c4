import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runShellCommand } from "#tools/device/shell-command.ts";

const folder = mkdtempSync(join(tmpdir(), "fuota-shell-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["true", "0"],
  ["exit 3", "3"],
  ["kill -9 $$", "SIGKILL"],
  ["/does/not/exist 2>/dev/null", "127"],
  ['test "$NAME" = value', "0"],
])("%s ends with %s", async (command, how) => {
  expect(await runShellCommand(command, { env: { NAME: "value" }, maxMs: 60_000 })).toBe(how);
});

/** Whether a process does anything. */
function isAlive(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

describe("what it has started is killed with it", () => {
  const command = (name: string) =>
    `trap "" TERM; sleep 600 & echo $! > ${join(folder, name)}; wait`;
  const pidOf = (name: string) => readFileSync(join(folder, name), "utf8").trim();

  test("when its time is over", async () => {
    expect(await runShellCommand(command("late"), { maxMs: 1500 })).toBe("SIGKILL");
    expect(isAlive(pidOf("late"))).toBe(false);
  });

  test("when nobody waits any more", async () => {
    const interrupt = new AbortController();
    const ended = runShellCommand(command("cut"), { maxMs: 60_000, interrupt: interrupt.signal });
    await expect.poll(() => pidOf("cut"), { timeout: 10_000 }).toMatch(/\d/);
    interrupt.abort();
    expect(await ended).toBe("SIGKILL");
    expect(isAlive(pidOf("cut"))).toBe(false);
  });
});
