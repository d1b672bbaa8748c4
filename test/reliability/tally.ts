/**
 * Counts the cases of a suite and prints one line that `npm run reliability` collects. A case that
 * fails does not end the suite: the first failure is thrown at the end.
 */
export class Tally {
  readonly #suite: string;
  readonly #print: (line: string) => void;
  readonly #started = performance.now();
  #cases = 0;
  #failures = 0;
  #first: unknown;

  /** `suite`: one word of letters, digits, `-` and `/`. Suites of the same name are added up. */
  constructor(suite: string, print = (line: string) => void process.stdout.write(line)) {
    this.#suite = suite;
    this.#print = print;
  }

  case(attempt: () => void): void {
    this.#cases += 1;
    try {
      attempt();
    } catch (error) {
      if (this.#failures === 0) this.#first = error;
      this.#failures += 1;
    }
  }

  /** Prints the line and returns the number of cases; throws the first failure. */
  close(): number {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    const figures = `cases=${this.#cases} seconds=${seconds} failures=${this.#failures}`;
    this.#print(`RELIABILITY ${this.#suite} ${figures}\n`);
    if (this.#failures > 0) throw this.#first;
    return this.#cases;
  }
}
