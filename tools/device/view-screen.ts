import type { Terminal } from "#tools/terminal.ts";
import { type DeviceView, type Tone, viewRows } from "./device-view.ts";

const COLOURS: Readonly<Record<Tone, string>> = { plain: "0", good: "32", bad: "31", busy: "33" };
const DIM = "2";
/** Below so many rows there is nothing left for the lines above it. */
const ROWS_MIN = 12;

/** A block of lines at the bottom of a terminal, drawn over itself; other lines go above it. */
export class ViewScreen {
  readonly #terminal: Terminal;
  readonly #view: () => DeviceView;
  #drawn = 0;

  constructor(terminal: Terminal, view: () => DeviceView) {
    this.#terminal = terminal;
    this.#view = view;
  }

  draw(): void {
    const { isInteractive, rows, columns } = this.#terminal;
    if (!isInteractive) return;
    const lines = rows < ROWS_MIN ? [] : viewRows(this.#view(), columns);
    const text = lines.map(
      ({ label, text: words, tone }) =>
        `${this.#paint(label, DIM)}${this.#paint(words, COLOURS[tone])}\n`,
    );
    this.#terminal.err(`${this.#toStart}${text.join("")}`);
    this.#drawn = lines.length;
  }

  /** For a line that is to stay: the block goes, and has to be drawn again below it. */
  clear(): void {
    if (this.#drawn > 0) this.#terminal.err(this.#toStart);
    this.#drawn = 0;
  }

  /** Up to where the block begins, and nothing below. */
  get #toStart(): string {
    return this.#drawn === 0 ? "" : `\u001B[${this.#drawn}F\u001B[J`;
  }

  #paint(text: string, code: string): string {
    return this.#terminal.hasColor && code !== "0" ? `\u001B[${code}m${text}\u001B[0m` : text;
  }
}
