import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** Where in the file which number is. */
const PLACE = { worldMs: 0, beatMs: 8, aloneUntilMs: 16, speed: 24 } as const;
const NUMBER_BYTES = 8;

/** Numbers that processes share: what time it is in their world, and who is still with it. */
export class ClockFile {
  readonly #file: number;
  readonly #bytes = new Float64Array(1);
  readonly #view = new Uint8Array(this.#bytes.buffer);

  private constructor(file: number) {
    this.#file = file;
  }

  static make(path: string, worldMs: number): ClockFile {
    const clock = new ClockFile(openSync(path, "w+"));
    clock.write("aloneUntilMs", 0);
    clock.write("beatMs", 0);
    clock.write("speed", 1);
    clock.write("worldMs", worldMs);
    return clock;
  }

  static open(path: string): ClockFile {
    return new ClockFile(openSync(path, "r+"));
  }

  read(name: keyof typeof PLACE): number {
    readSync(this.#file, this.#view, 0, NUMBER_BYTES, PLACE[name]);
    return this.#bytes[0] ?? 0;
  }

  write(name: keyof typeof PLACE, value: number): void {
    this.#bytes[0] = value;
    writeSync(this.#file, this.#view, 0, NUMBER_BYTES, PLACE[name]);
  }

  close(): void {
    closeSync(this.#file);
  }
}
