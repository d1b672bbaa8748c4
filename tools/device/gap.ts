/** The time for which nothing could be heard, told when it is over. */
export class Gap {
  readonly #say: (text: string) => void;
  #sinceMs: number | undefined;
  readonly #how: string[] = [];

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  /** The first beginning counts: `lastHeardMs` is the modem's last sign of life. */
  begin(lastHeardMs: number, why: string): void {
    this.#sinceMs ??= lastHeardMs;
    this.by(why);
  }

  by(how: string): void {
    if (!this.#how.includes(how)) this.#how.push(how);
  }

  end(nowMs: number): void {
    if (this.#sinceMs === undefined) return;
    const seconds = Math.max(0, (nowMs - this.#sinceMs) / 1000).toFixed(1);
    this.#say(`gap of ${seconds} s, what was sent meanwhile is lost: ${this.#how.join(", ")}`);
    this.#sinceMs = undefined;
    this.#how.splice(0);
  }
}
