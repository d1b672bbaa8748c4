/** Longer than any line of any dialect: RUI3 prints at most 520 characters for a downlink. */
const LINE_MAX_BYTES = 4096;
const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
/** What wakes an E5, and what an idle line reads when its ground is missing. */
const FILL = 0xff;

/**
 * Bytes to lines, whatever the chunks. CR or LF ends a line, so that CRLF, LF CR (RUI3's echo) and
 * bare LF are all the same; empty lines vanish. An overlong line is dropped up to its end: half of
 * one could be taken for a whole one.
 */
export class LineSplitter {
  readonly #line = new Uint8Array(LINE_MAX_BYTES);
  #length = 0;
  #isOverlong = false;
  /** Bytes that made no line: of overlong ones, and fill. */
  droppedBytes = 0;

  push(chunk: Uint8Array): readonly string[] {
    const lines: string[] = [];
    for (const byte of chunk) {
      if (byte === CR || byte === LF) {
        this.#end(lines);
      } else if (byte === NUL || byte === FILL || this.#isOverlong) {
        this.droppedBytes += 1;
      } else if (this.#length === LINE_MAX_BYTES) {
        this.droppedBytes += this.#length + 1;
        this.#isOverlong = true;
      } else {
        this.#line[this.#length++] = byte;
      }
    }
    return lines;
  }

  /** Bytes of the line that has not ended yet. */
  get pendingBytes(): number {
    return this.#isOverlong ? 0 : this.#length;
  }

  /** The line that has not ended yet, for another to go on with. */
  takePending(): Uint8Array {
    const pending = this.#line.slice(0, this.pendingBytes);
    this.#length = 0;
    return pending;
  }

  /** Forgets the unfinished line. */
  clear(): void {
    this.droppedBytes += this.pendingBytes;
    this.#length = 0;
    this.#isOverlong = false;
  }

  #end(lines: string[]): void {
    if (this.#length > 0 && !this.#isOverlong) {
      lines.push(Buffer.from(this.#line.subarray(0, this.#length)).toString("latin1").trim());
    }
    this.#length = 0;
    this.#isOverlong = false;
  }
}
