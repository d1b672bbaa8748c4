import { closeSync, openSync, writeSync } from "node:fs";
import { InputError } from "#tools/errors.ts";
import { fileReasonOf } from "#tools/files.ts";

/** A log that has every line on the disk at once: who reads it wants to know of the last moment. */
export interface LineLog {
  write(line: string): void;
  close(): void;
}

/**
 * Appends to a file; `-` is standard output. A disk that is full is told once, and is no reason to end
 * what is logged. What comes after the end is dropped.
 */
export function openLineLog(
  path: string,
  stdout: (text: string) => void,
  complain: (text: string) => void,
): LineLog {
  if (path === "-") return { write: (line) => stdout(`${line}\n`), close: () => {} };
  let file: number | undefined;
  let hasComplained = false;
  try {
    file = openSync(path, "a");
  } catch (error) {
    const reason = fileReasonOf(error);
    if (reason === undefined) throw error;
    throw new InputError(`cannot write ${path}: ${reason}`);
  }
  const write = (line: string) => {
    if (file === undefined) return;
    try {
      writeSync(file, `${line}\n`);
      hasComplained = false;
    } catch (error) {
      const reason = fileReasonOf(error);
      if (reason === undefined) throw error;
      if (!hasComplained) complain(`${path} lacks lines from here on: ${reason}`);
      hasComplained = true;
    }
  };
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return { write, close };
}
