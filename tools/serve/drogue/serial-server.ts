import type { DrogueCloud } from "#sim/server/drogue/cloud.ts";
import { DrogueSerialHost, type SerialHostOptions } from "#sim/server/drogue/serial-host.ts";
import { RefusedError } from "#tools/errors.ts";
import type { WallClock } from "#tools/fleet/wall-clock.ts";
import { type Line, LineRefused, type LineTarget, openLine } from "#tools/line.ts";

export interface SerialServerOptions extends SerialHostOptions {
  readonly target: LineTarget;
  readonly baudRate: number;
}

const REOPEN_MS = 1000;

/** drgdfu on a line. A line that is lost is opened again: devices with USB of their own take it with them when they reset. */
export class SerialServer {
  readonly url: string;
  readonly #options: SerialServerOptions;
  readonly #clock: WallClock;
  readonly #say: (text: string) => void;
  readonly #host: DrogueSerialHost;
  #line: Line | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(
    cloud: DrogueCloud,
    clock: WallClock,
    options: SerialServerOptions,
    say: (text: string) => void,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#say = say;
    this.url = nameOf(options.target);
    this.#host = new DrogueSerialHost(cloud, options, (frame) => this.#line?.write(frame));
  }

  /** Throws `RefusedError`. */
  static async open(
    cloud: DrogueCloud,
    clock: WallClock,
    options: SerialServerOptions,
    say: (text: string) => void,
  ): Promise<SerialServer> {
    const server = new SerialServer(cloud, clock, options, say);
    try {
      await server.#open();
    } catch (error) {
      if (error instanceof LineRefused) throw new RefusedError(error.message);
      throw error;
    }
    return server;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#line?.close();
  }

  async #open(): Promise<void> {
    const { target, baudRate } = this.#options;
    const line = await openLine(target, baudRate, {
      onData: (bytes) => {
        this.#clock.sync();
        this.#host.receive(bytes);
      },
      onSilent: () => this.#host.silent(),
      onClosed: (detail) => this.#lost(detail),
    });
    if (this.#isClosed) await line.close();
    else this.#line = line;
  }

  #lost(detail: string): void {
    if (this.#isClosed) return;
    this.#say(detail);
    this.#line?.close().catch(() => {});
    this.#line = undefined;
    this.#host.closed();
    this.#reopenLater();
  }

  #reopenLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#open().then(
        () => this.#say(`${this.url} is there again`),
        (error: unknown) => {
          if (!(error instanceof LineRefused)) throw error;
          this.#reopenLater();
        },
      );
    }, REOPEN_MS);
  }
}

function nameOf(target: LineTarget): string {
  switch (target.type) {
    case "serial":
      return target.path;
    case "tcp":
      return `tcp://${target.host}:${target.port}`;
    case "pty":
      return target.link;
    default:
      return target satisfies never;
  }
}
