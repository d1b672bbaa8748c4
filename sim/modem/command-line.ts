const LF = 0x0a;
const CR = 0x0d;
const BACKSPACE = 0x08;
const DELETE = 0x7f;

/**
 * What a modem makes of the bytes of its UART: lines that end with CR or LF, edited with backspace.
 * What is beyond the limit is dropped without a word, as real ones do.
 */
export class CommandLine {
  readonly #limitBytes: number;
  readonly #echo: (bytes: Uint8Array) => void;
  #text = "";
  /** Characters come back as they are typed, and the end of a line as LF CR. */
  isEchoing = false;

  constructor(limitBytes: number, echo: (bytes: Uint8Array) => void) {
    this.#limitBytes = limitBytes;
    this.#echo = echo;
  }

  push(bytes: Uint8Array, onLine: (line: string) => void): void {
    for (const byte of bytes) {
      if (byte === CR || byte === LF) {
        if (this.isEchoing) this.#echo(Uint8Array.of(LF, CR));
        const line = this.#text;
        this.#text = "";
        if (line !== "") onLine(line);
        continue;
      }
      if (this.isEchoing) this.#echo(Uint8Array.of(byte));
      if (byte === BACKSPACE || byte === DELETE) this.#text = this.#text.slice(0, -1);
      else if (this.#text.length < this.#limitBytes) this.#text += String.fromCharCode(byte);
    }
  }

  clear(): void {
    this.#text = "";
  }
}
