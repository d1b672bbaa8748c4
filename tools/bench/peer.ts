/**
 * Other programs on the same sessions. A peer is a command that gets a session file as its last
 * argument, runs it several times and prints one JSON object: `ms`, the median wall time of a run,
 * and if it likes `sha256`, of the block it rebuilt or of the coded fragments it made.
 * An exit status of 3 says that it cannot do this kind of session. docs/fec.md has the file format.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RefusedError } from "../errors.ts";
import { encodeSessionFile, type FecSession } from "./session-file.ts";

const PEER_TIMEOUT_MS = 300_000;
const UNSUPPORTED_STATUS = 3;

/** Median ms of the peer, whose result must have this `sha256`; or undefined when it cannot do such a session. */
export function runPeer(command: string, session: FecSession, sha256: string): number | undefined {
  const directory = mkdtempSync(join(tmpdir(), "fuota-bench-"));
  try {
    const path = join(directory, "session.bin");
    writeFileSync(path, encodeSessionFile(session));
    const run = spawnSync("/bin/sh", ["-c", `${command} "$0"`, path], {
      encoding: "utf8",
      timeout: PEER_TIMEOUT_MS,
    });
    if (run.status === UNSUPPORTED_STATUS) return undefined;
    if (run.status !== 0)
      throw new RefusedError(`${command}: ended with ${run.status ?? run.signal}`);
    return parseAnswer(command, run.stdout, sha256);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function parseAnswer(command: string, text: string, sha256: string): number {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new RefusedError(`${command}: printed no JSON`);
  }
  if (typeof answer !== "object" || answer === null || !("ms" in answer)) {
    throw new RefusedError(`${command}: no "ms" in its answer`);
  }
  if ("sha256" in answer && answer.sha256 !== sha256) {
    throw new RefusedError(`${command}: its result is wrong (sha256 ${answer.sha256})`);
  }
  if (typeof answer.ms !== "number" || !(answer.ms > 0)) {
    throw new RefusedError(`${command}: "ms" is no positive number`);
  }
  return answer.ms;
}
