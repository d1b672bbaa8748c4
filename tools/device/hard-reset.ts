import { runShellCommand } from "./shell-command.ts";

const RESET_MAX_MS = 30_000;

/**
 * A reset by a command of the operator's: `gpioset` on the modem's NRST, `uhubctl` on its USB power.
 * One that fails is told, and the modem is looked for all the same.
 */
export function hardResetOf(
  command: string,
  say: (text: string) => void,
  interrupt?: AbortSignal,
): () => Promise<void> {
  return async () => {
    const how = await runShellCommand(command, { maxMs: RESET_MAX_MS, interrupt });
    if (how !== "0") say(`--reset-exec ended with ${how}`);
  };
}
