import type { Terminal } from "#tools/terminal.ts";
import { DeviceWatch, type WatchedFrame } from "./device-watch.ts";
import type { LineLog } from "./line-log.ts";
import { ViewScreen } from "./view-screen.ts";

export interface OperatorParts {
  readonly terminal: Terminal;
  readonly packages: 1 | 2;
  /** Lines of JSON for programs. */
  readonly log: LineLog | undefined;
  /** Whether lines for people are wanted, too. */
  readonly showsLines: boolean;
}

const REDRAW_MS = 1000;
/** A line for each tenth of a block where no bar is drawn. */
const PROGRESS_STEPS = 10;

/** What the person at the terminal, and the log, get to know of a device. */
export class Operator {
  readonly watch: DeviceWatch;
  readonly #parts: OperatorParts;
  readonly #screen: ViewScreen;
  #timer: NodeJS.Timeout | undefined;
  #step = 0;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    this.watch = new DeviceWatch(parts.packages, Date.now, (frame) => this.#onFrame(frame));
    this.#screen = new ViewScreen(parts.terminal, () => this.watch.view());
  }

  start(): void {
    if (!this.#parts.terminal.isInteractive) return;
    this.#timer = setInterval(() => this.#screen.draw(), REDRAW_MS);
  }

  /** The view stays as it was last. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#screen.draw();
  }

  readonly say = (text: string): void => {
    const at = new Date();
    this.#parts.log?.write(JSON.stringify({ at: at.toISOString(), type: "note", text }));
    this.#line(at, text);
  };

  #onFrame({ type, kind, text, signal, ...facts }: WatchedFrame): void {
    const at = new Date();
    const entry = { at: at.toISOString(), type, ...facts, ...signal, text };
    this.#parts.log?.write(JSON.stringify(entry));
    if (kind === "fragment") this.#progress(at);
    if (kind === "command") this.#line(at, `${type === "downlink" ? "heard" : "said"} ${text}`);
  }

  /** Before the fragment that was just heard is counted. */
  #progress(at: Date): void {
    const session = this.watch.view().status?.sessions.at(-1);
    if (session === undefined) return;
    const { fragIndex, nbFrag, missing } = session;
    const has = nbFrag - missing;
    const step = Math.floor((has * PROGRESS_STEPS) / nbFrag);
    if (step === this.#step) return;
    this.#step = step;
    if (!this.#parts.terminal.isInteractive) this.#line(at, `block ${fragIndex}: ${has}/${nbFrag}`);
  }

  #line(at: Date, text: string): void {
    if (!this.#parts.showsLines) return;
    this.#screen.clear();
    this.#parts.terminal.out(`${at.toISOString().slice(11, 19)}  ${text}\n`);
    if (this.#timer !== undefined) this.#screen.draw();
  }
}
