export interface BenchOptions {
  /** Commands of other programs to time on the same work; rows without such work ignore them. */
  readonly peers: readonly string[];
}

export interface BenchResult {
  readonly name: string;
  readonly what: string;
  /** Median wall time of one run, warm. */
  readonly ms: number;
  /** The first run of a fresh process, when the row has such a figure. */
  readonly coldMs?: number;
  /** Other figures of the run, as text. */
  readonly notes?: readonly string[];
  /** The same work by others; `ratio` is their time over ours. */
  readonly compared: readonly {
    readonly name: string;
    readonly ms: number;
    readonly ratio: number;
  }[];
}

export interface BenchRow {
  /** For `--rows`: kebab-case. */
  readonly name: string;
  /** For people. */
  readonly what: string;
  /** Takes minutes: runs only when it is named. */
  readonly onRequest?: true;
  run(options: BenchOptions): BenchResult | Promise<BenchResult>;
}
