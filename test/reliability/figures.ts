/** What one suite says of itself. */
export interface SuiteFigures {
  readonly suite: string;
  readonly cases: number;
  readonly seconds: number;
  readonly failures: number;
}

const LINE = /RELIABILITY (\S+) cases=(\d+) seconds=(\d+(?:\.\d+)?) failures=(\d+)/g;

/** The figures in the output of a test run, in the order of the first line of each suite. */
export function figuresIn(output: string): readonly SuiteFigures[] {
  const bySuite = new Map<string, SuiteFigures>();
  for (const [, suite = "", cases, seconds, failures] of output.matchAll(LINE)) {
    const before = bySuite.get(suite);
    bySuite.set(suite, {
      suite,
      cases: Number(cases) + (before?.cases ?? 0),
      seconds: Number(seconds) + (before?.seconds ?? 0),
      failures: Number(failures) + (before?.failures ?? 0),
    });
  }
  return [...bySuite.values()];
}
