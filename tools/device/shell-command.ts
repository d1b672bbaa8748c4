import { spawn } from "node:child_process";

export interface ShellCommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly maxMs: number;
  /** Whoever waits for it does no more. */
  readonly interrupt?: AbortSignal | undefined;
}

/**
 * Runs a command of the operator's; how it ended: `0` is good. What outlasts its time, or this
 * process, is killed with all that it has started.
 */
export function runShellCommand(
  command: string,
  { env = process.env, maxMs, interrupt }: ShellCommandOptions,
): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(command, { shell: true, env, stdio: "ignore", detached: true });
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has just ended.
      }
    };
    const timer = setTimeout(kill, maxMs);
    const end = (how: string) => {
      clearTimeout(timer);
      interrupt?.removeEventListener("abort", kill);
      resolve(how);
    };
    interrupt?.addEventListener("abort", kill, { once: true });
    child.once("error", (error) => end(error.message));
    child.once("exit", (status, signal) => end(signal ?? String(status)));
  });
}
