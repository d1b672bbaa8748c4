/** Where a command speaks to people; machine output goes to a `Sink`. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Complaints, hints and the progress line. */
  err(text: string): void;
  /** Whether a progress line can be drawn on `err`. */
  readonly isInteractive: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Whether the terminal takes colours, and its owner wants them (https://no-color.org). */
  readonly hasColor: boolean;
}

export function processTerminal(): Terminal {
  const { NO_COLOR = "", TERM } = process.env;
  const isInteractive = process.stderr.isTTY === true && TERM !== "dumb";
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isInteractive,
    hasColor: isInteractive && NO_COLOR === "",
    // Both as they are now: a window changes its size.
    get columns() {
      return process.stderr.columns ?? 80;
    },
    get rows() {
      return process.stderr.rows ?? 24;
    },
  };
}
