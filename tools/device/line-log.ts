import { closeSync, openSync, writeSync } from "node:fs";
import { InputError } from "#tools/errors.ts";
import { fileReasonOf } from "#tools/files.ts";

/** A log that has every line on the disk at once: who reads it wants to know of the last moment. */
export interface LineLog {
  write(line: string): void;
  close(): void;
}

/** Appends to a file; `-` is standard output. */
export function openLineLog(path: string, stdout: (text: string) => void): LineLog {
  if (path === "-") return { write: (line) => stdout(`${line}\n`), close: () => {} };
  let file: number;
  try {
    file = openSync(path, "a");
  } catch (error) {
    const reason = fileReasonOf(error);
    if (reason === undefined) throw error;
    throw new InputError(`cannot write ${path}: ${reason}`);
  }
  return { write: (line) => void writeSync(file, `${line}\n`), close: () => closeSync(file) };
}
