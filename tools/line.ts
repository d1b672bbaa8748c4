import { InvalidArgumentError } from "commander";
import { NoPseudoTerminal, PseudoTerminal } from "#hal/serial/pseudo-terminal.ts";
import { TransportError } from "#hal/serial/transport.ts";
import { fileReasonOf } from "#tools/files.ts";
import { openTarget, type PortTarget, portTarget } from "#tools/probe/port-target.ts";

/** One end of a serial line, as a person says it: a port that is there, or one that is made. */
export type LineTarget = PortTarget | { readonly type: "pty"; readonly link: string };

export interface LineEvents {
  onData(bytes: Uint8Array): void;
  /** After bytes none has come for a while. */
  onSilent(): void;
  /** It was lost; why, in one line. */
  onClosed(detail: string): void;
}

/** On the slowest line, many bytes; less than hosts pause between two frames. */
const SILENCE_MS = 300;
/** Time to read what came while this process was busy. */
const CONFIRM_MS = 30;
/** Who wakes up later than that was busy again. */
const LATE_MS = 15;

export interface Line {
  write(bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** The line cannot be opened. The message is one line that names it. */
export class LineRefused extends Error {
  override readonly name = "LineRefused";
}

/** Whether a URL means a serial line, with `serial:` before a path. */
export function isLine(url: string): boolean {
  return /^(serial|tcp|pty):/.test(url);
}

/** `/dev/ttyUSB0`, `tcp://host:port`, or `pty:` and the name that a pseudo-terminal gets. */
export function lineTarget(text: string): LineTarget {
  if (!text.startsWith("pty:")) return portTarget(text.replace(/^serial:/, ""));
  const link = text.slice("pty:".length);
  if (link !== "" && !/\p{Cc}/u.test(link)) return { type: "pty", link };
  throw new InvalidArgumentError("expected pty: and a path");
}

/** Rejects with {@link LineRefused}. */
export async function openLine(
  target: LineTarget,
  baudRate: number,
  events: LineEvents,
): Promise<Line> {
  const watch = new SilenceWatch(events);
  const watched: LineEvents = {
    onSilent: () => events.onSilent(),
    onClosed: (detail) => events.onClosed(detail),
    onData: (bytes) => {
      watch.start();
      events.onData(bytes);
    },
  };
  try {
    const line =
      target.type === "pty"
        ? await openPseudoTerminal(target.link, watched)
        : await openPort(target, baudRate, watched);
    return {
      write: (bytes) => line.write(bytes),
      close: () => {
        watch.stop();
        return line.close();
      },
    };
  } catch (error) {
    const isRefusal = error instanceof TransportError || error instanceof NoPseudoTerminal;
    if (isRefusal) throw new LineRefused(error.message);
    throw error;
  }
}

/** Tells silence from a process that did not listen. */
class SilenceWatch {
  readonly #events: LineEvents;
  #timer: NodeJS.Timeout | undefined;

  constructor(events: LineEvents) {
    this.#events = events;
  }

  start(): void {
    this.stop();
    this.#timer = setTimeout(() => this.#confirm(), SILENCE_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #confirm(): void {
    const dueMs = performance.now() + CONFIRM_MS;
    this.#timer = setTimeout(() => {
      if (performance.now() - dueMs > LATE_MS) this.#confirm();
      else this.#events.onSilent();
    }, CONFIRM_MS);
  }
}

async function openPseudoTerminal(link: string, events: LineEvents): Promise<Line> {
  const terminal = await PseudoTerminal.open({ onData: (bytes) => events.onData(bytes) });
  try {
    terminal.linkAs(link);
  } catch (error) {
    terminal.close();
    const reason = fileReasonOf(error);
    if (reason === undefined) throw error;
    throw new LineRefused(`cannot make the link ${link}: ${reason}`);
  }
  return {
    write: (bytes) => terminal.write(bytes),
    close: async () => terminal.close(),
  };
}

async function openPort(target: PortTarget, baudRate: number, events: LineEvents): Promise<Line> {
  const transport = await openTarget(target, baudRate, {
    onData: (bytes) => events.onData(bytes),
    onClosed: (cause) => {
      if (cause !== undefined) events.onClosed(cause.message);
    },
  });
  return {
    write: (bytes) => {
      transport.write(bytes).catch((error: unknown) => {
        if (!(error instanceof TransportError)) throw error;
        // Of a line that is gone, the other end hears by itself.
        if (error.problem === "stuck") events.onClosed(error.message);
      });
    },
    close: () => transport.close(),
  };
}
