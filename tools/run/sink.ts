import { closeSync, openSync, writeSync } from "node:fs";
import { InputError, RefusedError } from "#tools/errors.ts";
import { fileReasonOf } from "#tools/files.ts";

/** Where an output goes: a file, or standard output for `-`. */
export interface Sink {
  write(text: string): void;
  close(): void;
}

const BUFFER_CHARACTERS = 65_536;

/** Opens an output before the work begins, so that a bad name does not cost a run. */
export function openSink(path: string, stdout: (text: string) => void): Sink {
  return path === "-" ? { write: stdout, close: () => undefined } : new FileSink(path);
}

class FileSink implements Sink {
  readonly #path: string;
  readonly #file: number;
  #pending: string[] = [];
  #pendingCharacters = 0;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      const reason = fileReasonOf(error);
      if (reason === undefined) throw error;
      throw new InputError(`cannot write ${path}: ${reason}`);
    }
  }

  write(text: string): void {
    this.#pending.push(text);
    this.#pendingCharacters += text.length;
    if (this.#pendingCharacters >= BUFFER_CHARACTERS) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    let bytes: Uint8Array = Buffer.from(this.#pending.join(""));
    this.#pending = [];
    this.#pendingCharacters = 0;
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#file, bytes));
    } catch (error) {
      const reason = fileReasonOf(error);
      if (reason === undefined) throw error;
      throw new RefusedError(`cannot write ${this.#path}: ${reason}`);
    }
  }
}
