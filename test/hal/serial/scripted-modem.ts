import { type Transport, TransportError, type TransportEvents } from "#hal/serial/transport.ts";

/** Lines that answer a line; undefined: nothing does. */
export type Script = (line: string) => readonly string[] | undefined;

export interface ScriptedOptions {
  /** The rate that it speaks; else it has none. */
  readonly baudRate?: number;
  /** How its lines end. */
  readonly lineEnd?: string;
  readonly echo?: boolean;
  /** Bytes per chunk. */
  readonly chunkBytes?: number;
  /** Vanishes when it hears this line. */
  readonly hangsUpAt?: string;
}

/** A modem in memory that answers at once, from a script. Records what it was told. */
export class ScriptedModem {
  readonly heard: string[] = [];
  isClosed = false;
  readonly #script: Script;
  readonly #options: ScriptedOptions;
  readonly #events: TransportEvents;
  #baudRate: number | undefined;
  #line = "";

  constructor(script: Script, events: TransportEvents, options: ScriptedOptions = {}) {
    this.#script = script;
    this.#events = events;
    this.#options = options;
  }

  get transport(): Transport {
    const transport: Transport = {
      write: async (bytes) => this.#take(Buffer.from(bytes).toString("latin1")),
      close: async () => {
        this.isClosed = true;
      },
    };
    if (this.#options.baudRate === undefined) return transport;
    return {
      ...transport,
      setBaudRate: async (baudRate) => {
        this.#baudRate = baudRate;
      },
    };
  }

  /** Says something unasked. */
  say(text: string): void {
    const bytes = Buffer.from(text, "latin1");
    const { chunkBytes = bytes.length } = this.#options;
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      this.#events.onData(bytes.subarray(at, at + chunkBytes));
    }
  }

  #take(text: string): void {
    if (this.isClosed) throw new TransportError("lost", "the modem is gone");
    const { baudRate, lineEnd = "\r\n", echo = false, hangsUpAt } = this.#options;
    // At another rate, every byte is another.
    if (baudRate !== undefined && this.#baudRate !== baudRate) {
      this.say("\u00fe\u0080x\u00f0");
      return;
    }
    for (const character of text) {
      if (character !== "\r" && character !== "\n") {
        this.#line += character;
        continue;
      }
      const line = this.#line;
      this.#line = "";
      if (line === "") continue;
      this.heard.push(line);
      if (echo) this.say(`${line}\n\r`);
      if (line === hangsUpAt) {
        this.isClosed = true;
        this.#events.onClosed(new TransportError("lost", "the modem is gone"));
        return;
      }
      const answer = this.#script(line) ?? [];
      if (answer.length > 0) this.say(answer.map((one) => one + lineEnd).join(""));
    }
  }
}

/** A script from a table; what is not in it gets the last resort. */
export function tableScript(
  table: Readonly<Record<string, readonly string[]>>,
  unknown: readonly string[],
): Script {
  return (line) => table[line] ?? unknown;
}
