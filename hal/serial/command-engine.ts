import type { Dialect } from "./dialect.ts";
import { LineReader } from "./line-reader.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { ModemEvent } from "./modem-event.ts";
import { Patience } from "./patience.ts";
import { type Transport, TransportError } from "./transport.ts";

export interface RequestOptions {
  readonly timeoutMs?: number;
  /** For replies that end with silence: done when so long nothing came after the first line. */
  readonly silenceMs?: number;
  /** Before all that wait and are not. */
  readonly isUrgent?: boolean;
  /** When it is ok, before what the modem says next is looked at. */
  readonly onOk?: () => void;
}

export interface Reply {
  /**
   * `refused`: the modem said so. `silent`: no end came in time; it may come later, so the engine
   * clears the line before the next command. `restarted`: the modem did, and the command is lost, as
   * far as anybody can tell.
   */
  readonly outcome: "ok" | "refused" | "silent" | "restarted";
  readonly data: readonly string[];
  /** The last line; empty when there was none. */
  readonly end: string;
}

interface Request {
  readonly command: string;
  readonly options: RequestOptions;
  readonly data: string[];
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: TransportError) => void;
  timer: Patience | undefined;
  silence: Patience | undefined;
}

const QUERY_MS = 1000;
/** Quiet for so long: nothing more belongs to what was asked before. */
const QUIET_MS = 50;
const RESYNC_MS = 1000;
/** A line that has not gone on for so long will not. */
const STALE_MS = 500;

/**
 * One command at a time over a transport, its reply matched, events told apart from it. A transport
 * that closes rejects what waits with {@link TransportError}; everything else is a value.
 */
export class CommandEngine {
  readonly #transport: Transport;
  readonly #reader: LineReader;
  readonly #splitter = new LineSplitter();
  readonly #onEvent: (event: ModemEvent) => void;
  readonly #onSilence: () => void;
  readonly #waiting: Request[] = [];
  #running: Request | undefined;
  /** A reply may still come for a command that was given up. */
  #isOutOfStep = false;
  #resync: { timer: Patience; isAnswered: boolean; end: () => void } | undefined;
  #closed: TransportError | undefined;
  #heardAtMs = 0;
  noiseLines = 0;

  /** `onSilence`: a command was given up. */
  constructor(
    transport: Transport,
    dialect: Dialect,
    onEvent: (event: ModemEvent) => void,
    onSilence = () => {},
  ) {
    this.#onSilence = onSilence;
    this.#transport = transport;
    this.#reader = new LineReader(dialect);
    this.#onEvent = onEvent;
  }

  request(command: string, options: RequestOptions = {}): Promise<Reply> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      const request: Request = {
        command,
        options,
        data: [],
        resolve,
        reject,
        timer: undefined,
        silence: undefined,
      };
      const place = this.#waiting.findIndex((other) => other.options.isUrgent !== true);
      if (options.isUrgent === true && place >= 0) this.#waiting.splice(place, 0, request);
      else this.#waiting.push(request);
      this.#next();
    });
  }

  /** Bytes from the transport. */
  receive(chunk: Uint8Array): void {
    this.#heardAtMs = performance.now();
    for (const line of this.#splitter.push(chunk)) {
      for (const part of this.#reader.parts(line)) this.#take(part);
    }
  }

  /** What came before it was known who speaks: downlinks among the lines, and a line that goes on. */
  recall(lines: readonly string[], pending: Uint8Array): void {
    for (const line of lines.flatMap((one) => this.#reader.parts(one))) {
      const read = this.#reader.read(line, undefined);
      if (read.type === "event" && read.event.type === "received") this.#onEvent(read.event);
    }
    this.receive(pending);
  }

  /** The transport has closed: nothing will be answered any more. */
  close(cause: TransportError = new TransportError("lost", "the modem is gone")): void {
    this.#closed ??= cause;
    this.#resync?.end();
    const { command } = this.#running ?? {};
    if (command !== undefined) this.#settle((request) => request.reject(cause));
    for (const request of this.#waiting.splice(0)) request.reject(cause);
  }

  #next(): void {
    if (this.#running !== undefined || this.#resync !== undefined) return;
    const request = this.#waiting.shift();
    if (request === undefined) return;
    this.#running = request;
    if (this.#isOutOfStep) this.#clearLine(() => this.#send(request));
    else this.#send(request);
  }

  #send(request: Request): void {
    const bytes = Buffer.from(`${request.command}\r\n`, "latin1");
    this.#transport.write(bytes).then(
      () => {
        if (this.#running !== request) return;
        const { timeoutMs = QUERY_MS } = request.options;
        request.timer = new Patience(timeoutMs, () => this.#giveUp());
      },
      (error: unknown) => {
        if (!(error instanceof TransportError)) throw error;
        this.close(error);
      },
    );
  }

  #giveUp(): void {
    this.#isOutOfStep = true;
    this.#onSilence();
    this.#finish("silent", "");
  }

  /** A banner that is older than the command does not keep its reply from coming. */
  #interrupt(banner: string): void {
    this.#isOutOfStep = true;
    this.#finish("restarted", banner);
  }

  #take(line: string): void {
    const isAnswering = this.#running !== undefined && this.#resync === undefined;
    const asked = this.#resync === undefined ? this.#running?.command : "AT";
    const read = this.#reader.read(line, asked);
    if (this.#resync !== undefined) {
      this.#resync.isAnswered ||= read.type === "end";
      this.#resync.timer.refresh();
      if (read.type !== "event") return;
    }
    switch (read.type) {
      case "event":
        this.#onEvent(read.event);
        if (read.event.type === "restarted" && isAnswering) this.#interrupt(line);
        return;
      case "data":
        this.#running?.data.push(read.text);
        this.#awaitSilence();
        return;
      case "end":
        if (read.needsData && this.#running?.data.length === 0) return;
        if (read.isOk) this.#running?.options.onOk?.();
        this.#finish(read.isOk ? "ok" : "refused", read.text);
        return;
      case "noise":
        this.noiseLines += 1;
        return;
      case "echo":
      case "part":
        return;
      default:
        read satisfies never;
    }
  }

  #awaitSilence(): void {
    const request = this.#running;
    const silenceMs = request?.options.silenceMs;
    if (request === undefined || silenceMs === undefined) return;
    if (request.silence === undefined) {
      request.silence = new Patience(silenceMs, () => this.#finish("ok", ""));
    } else {
      request.silence.refresh();
    }
  }

  #finish(outcome: Reply["outcome"], end: string): void {
    this.#settle((request) => request.resolve({ outcome, data: request.data, end }));
    this.#next();
  }

  #settle(tell: (request: Request) => void): void {
    const request = this.#running;
    if (request === undefined) return;
    this.#running = undefined;
    request.timer?.stop();
    request.silence?.stop();
    tell(request);
  }

  /**
   * Asks for an answer of our own and drops what comes before it and right after it. Without one
   * nothing is sent: what was given up may be answered still.
   */
  #clearLine(then: () => void): void {
    const end = () => {
      deadline.stop();
      this.#resync?.timer.stop();
      this.#resync = undefined;
    };
    const done = () => {
      end();
      this.#isOutOfStep = false;
      then();
    };
    const deadline = new Patience(RESYNC_MS, () => {
      if (this.#resync?.isAnswered === true) return done();
      end();
      this.#giveUp();
    });
    const timer = new Patience(QUIET_MS, () => {
      if (this.#resync?.isAnswered === true) done();
    });
    this.#resync = { timer, isAnswered: false, end };
    // Half a downlink may be on its way still.
    if (performance.now() - this.#heardAtMs > STALE_MS) this.#splitter.clear();
    this.#transport.write(Buffer.from("\r\nAT\r\n")).catch((error: unknown) => {
      if (!(error instanceof TransportError)) throw error;
      this.close(error);
    });
  }
}
