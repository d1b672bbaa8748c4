import { closeSync, fstatSync, openSync, rmSync, writeSync } from "node:fs";
import { InputError } from "#tools/errors.ts";
import { fileReasonOf } from "#tools/files.ts";

/**
 * A file that has every line at once, so that it survives whatever ends the run. A disk that is full
 * ends the recording, not the run.
 */
export class RecordingFile {
  readonly path: string;
  readonly #file: number;
  readonly #onLost: (text: string) => void;
  #bytes = 0;
  #isLost = false;

  /** Throws `InputError`. */
  constructor(path: string, onLost: (text: string) => void) {
    this.path = path;
    this.#onLost = onLost;
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      const reason = fileReasonOf(error);
      if (reason === undefined) throw error;
      throw new InputError(`cannot record to ${path}: ${reason}; choose with --record FILE`);
    }
  }

  readonly write = (line: string): void => {
    if (this.#isLost) return;
    let bytes: Uint8Array = Buffer.from(line);
    this.#bytes += bytes.length;
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#file, bytes));
    } catch (error) {
      const reason = fileReasonOf(error);
      if (reason === undefined) throw error;
      this.#isLost = true;
      this.#onLost(`the recording ends here: cannot write ${this.path}: ${reason}`);
    }
  };

  /** Of a run that never began nothing is left. */
  close(): void {
    const isEmptyFile = this.#bytes === 0 && fstatSync(this.#file).isFile();
    closeSync(this.#file);
    if (isEmptyFile) rmSync(this.path, { force: true });
  }
}

/** `fuota-first-contact-1-20260801T120000Z.rec.ndjson` */
export function recordingNameOf(scenario: string, seed: number, now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  return `fuota-${scenario.replace(/[^\w.-]/g, "-")}-${seed}-${time}.rec.ndjson`;
}
