import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

export type Scheme = "http" | "mqtt" | "coap";

/** A stand-in from the command line, on any ports that are free. */
export class ServeBench {
  readonly #bench: CommandBench;
  readonly #stop: AbortController;
  readonly #ended: Promise<number>;

  private constructor(bench: CommandBench, stop: AbortController, ended: Promise<number>) {
    this.#bench = bench;
    this.#stop = stop;
    this.#ended = ended;
  }

  /** Rejects with what the command complains of. */
  static async open(kind: "thingsboard" | "drogue", args: readonly string[]): Promise<ServeBench> {
    const stop = new AbortController();
    const bench = new CommandBench({
      interruption: () => ({ signal: stop.signal, end: () => {} }),
    });
    const ports = ["--port", "0", "--mqtt", "0", "--coap", "0"];
    const ended = bench.fuota(fakeSimulate(0), "serve", kind, ...ports, ...args);
    let isEnded = false;
    const end = () => {
      isEnded = true;
    };
    ended.then(end, end);
    while (!isEnded && !/, \d+ bytes/.test(bench.terminal.stdout)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (isEnded) await ended;
    return new ServeBench(bench, stop, ended);
  }

  get stdout(): string {
    return this.#bench.terminal.stdout;
  }

  url(scheme: Scheme): string {
    return new RegExp(`${scheme}://[^\\s/]+`).exec(this.stdout)?.[0] ?? "";
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    this.#bench.remove();
  }
}
