import type { FleetProgress } from "#sim/fleet/progress.ts";
import type { Terminal } from "#tools/terminal.ts";

export type Progress = FleetProgress;

const CLEAR_LINE = "\r\u001B[K";

/** One line, drawn over itself; nothing at all when nobody watches. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #name: string;
  #isDrawn = false;

  constructor(terminal: Terminal, name: string) {
    this.#terminal = terminal;
    this.#name = name;
  }

  show(progress: Progress): void {
    this.showText(progressText(this.#name, progress));
  }

  showText(text: string): void {
    if (!this.#terminal.isInteractive) return;
    this.#terminal.err(`${CLEAR_LINE}${text.slice(0, this.#terminal.columns - 1)}`);
    this.#isDrawn = true;
  }

  clear(): void {
    if (this.#isDrawn) this.#terminal.err(CLEAR_LINE);
    this.#isDrawn = false;
  }
}

export function progressText(name: string, progress: Progress): string {
  const { devices, joined, receiving, complete, updated, failed } = progress;
  const done = updated + failed;
  return (
    `${name} ${clockText(progress.virtualSeconds)}  ${bar(done, devices)}` +
    `  joined ${joined}  receiving ${receiving}  complete ${complete}  updated ${updated}` +
    `${failed > 0 ? `  failed ${failed}` : ""}  of ${devices}`
  );
}

const BAR_CHARACTERS = 12;

function bar(done: number, all: number): string {
  const filled = all === 0 ? 0 : Math.floor((done / all) * BAR_CHARACTERS);
  return `${"█".repeat(filled)}${"░".repeat(BAR_CHARACTERS - filled)}`;
}

/** Virtual time as `h:mm:ss`. */
function clockText(seconds: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** The sum over parts of a fleet that run at the same time. */
export function sumProgress(parts: readonly Progress[]): Progress {
  const sum = (read: (part: Progress) => number) =>
    parts.reduce((total, part) => total + read(part), 0);
  return {
    cellsDone: sum((part) => part.cellsDone),
    cells: sum((part) => part.cells),
    virtualSeconds: parts.reduce((most, part) => Math.max(most, part.virtualSeconds), 0),
    devices: sum((part) => part.devices),
    joined: sum((part) => part.joined),
    receiving: sum((part) => part.receiving),
    complete: sum((part) => part.complete),
    updated: sum((part) => part.updated),
    failed: sum((part) => part.failed),
  };
}
