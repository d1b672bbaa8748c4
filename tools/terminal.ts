/** Where a command speaks to people; machine output goes to a `Sink`. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Complaints, hints and the progress line. */
  err(text: string): void;
  /** Whether a progress line can be drawn on `err`. */
  readonly isInteractive: boolean;
  readonly columns: number;
}

export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isInteractive: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
  };
}
