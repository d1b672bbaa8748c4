import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
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
  const started = (name: string) =>
    expect
      .poll(() => readFileSync(join(folder, name), "latin1"), { timeout: 30_000 })
      .toMatch(/^\d+\n$/);
  /** A signal has been sent to all of a group when the first of them ends; others end soon. */
  const ends = (name: string) =>
    expect
      .poll(() => isAlive(readFileSync(join(folder, name), "latin1").trim()), { timeout: 30_000 })
      .toBe(false);

  test("when its time is over", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const ended = runShellCommand(command("late"), { maxMs: 60_000 });
      await started("late");
      vi.advanceTimersByTime(60_000);
      expect(await ended).toBe("SIGKILL");
      await ends("late");
    } finally {
      vi.useRealTimers();
    }
  });

  test("when nobody waits any more", async () => {
    const interrupt = new AbortController();
    const ended = runShellCommand(command("cut"), { maxMs: 60_000, interrupt: interrupt.signal });
    await started("cut");
    interrupt.abort();
    expect(await ended).toBe("SIGKILL");
    await ends("cut");
  });
});
