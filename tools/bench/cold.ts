import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError, RefusedError } from "../errors.ts";
import { ourRunner } from "./fec-runner.ts";
import { decodeSessionFile, encodeSessionFile, type FecSession } from "./session-file.ts";

/**
 * Wall time in ms of a session in a process that has run none before: `bench --cold FILE` of this
 * program. The session comes from a file, because making one would warm the code that is timed.
 */
export function coldMs(session: FecSession): number {
  const program = process.argv[1];
  if (program === undefined) throw new RangeError("no program to start again");
  const directory = mkdtempSync(join(tmpdir(), "fuota-bench-"));
  try {
    const path = join(directory, "session.bin");
    writeFileSync(path, encodeSessionFile(session));
    const args = [...process.execArgv, program, "bench", "--cold", path];
    const run = spawnSync(process.execPath, args, { encoding: "utf8" });
    const ms = Number.parseFloat(run.stdout);
    if (run.status === 0 && ms > 0) return ms;
    throw new RefusedError(`a cold run ended with ${run.status ?? run.signal}: ${run.stderr}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The other side of {@link coldMs}. */
export function runCold(path: string): number {
  const session = decodeSessionFile(readFileSync(path));
  if (session === undefined) throw new InputError(`${path}: not a session file`);
  const runner = ourRunner(session);
  const start = performance.now();
  runner.run();
  return performance.now() - start;
}
