import { spawn } from "node:child_process";

const RESET_MAX_MS = 30_000;

/**
 * A reset by a command of the operator's: `gpioset` on the modem's NRST, `uhubctl` on its USB power.
 * One that fails is told, and the modem is looked for all the same.
 */
export function hardResetOf(command: string, say: (text: string) => void): () => Promise<void> {
  return () =>
    new Promise((resolve) => {
      const child = spawn(command, { shell: true, stdio: "ignore", timeout: RESET_MAX_MS });
      const end = (problem: string) => {
        say(`--reset-exec ${problem}`);
        resolve();
      };
      child.once("error", (error) => end(error.message));
      child.once("exit", (status, signal) => {
        if (status === 0) resolve();
        else end(`ended with ${signal ?? status}`);
      });
    });
}
