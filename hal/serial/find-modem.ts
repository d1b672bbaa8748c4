import { LineSplitter } from "./line-splitter.ts";
import { Patience } from "./patience.ts";
import {
  type Foreign,
  isModemSpeech,
  type Recognised,
  recognise,
  recogniseForeign,
  VERSION_QUERIES,
} from "./signatures.ts";
import type { Transport, TransportError } from "./transport.ts";

/** Rates in the field, the likeliest first. */
export const BAUD_RATES = [115_200, 9600, 57_600, 19_200] as const;

export type Found =
  | { readonly type: "modem"; readonly baudRate: number | undefined; readonly modem: Recognised }
  | { readonly type: "foreign"; readonly baudRate: number | undefined; readonly modem: Foreign }
  /** It answers, and nobody known does so. */
  | { readonly type: "unknown"; readonly baudRate: number | undefined; readonly said: string }
  /** `bauds`: those that were tried. */
  | { readonly type: "silent"; readonly bauds: readonly number[]; readonly noiseBytes: number };

/** A first byte may be lost to sleep (RUI3 with LPM=1), so each rate gets two tries. */
const TRIES = 2;
/** Where there is one rate alone: a modem that starts, or a network in between, takes its time. */
const TRIES_ALONE = 8;
/** Of the questions who it is: an answer may lose a byte on its way, and look like a stranger's. */
const ROUNDS = 2;
const ANSWER_MS = 600;
const QUIET_MS = 100;
const HEARD_MAX = 1000;
const STALE_MS = 400;

/** Listens to a transport before it is known who speaks. */
export class Listener {
  readonly #splitter = new LineSplitter();
  #lines: string[] = [];
  /** The last of what has come, whatever was asked: a downlink may be among it. */
  readonly heard: string[] = [];
  #heard: (() => void) | undefined;
  #failure: TransportError | undefined;
  #heardAtMs = 0;
  bytes = 0;

  receive(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.#heardAtMs = performance.now();
    const lines = this.#splitter.push(chunk);
    this.#lines.push(...lines);
    this.heard.push(...lines);
    this.heard.splice(0, this.heard.length - HEARD_MAX);
    if (lines.length > 0) this.#heard?.();
  }

  /** Of a line that has only begun. */
  takePending(): Uint8Array {
    return this.#splitter.takePending();
  }

  close(cause: TransportError): void {
    this.#failure = cause;
    this.#heard?.();
  }

  /** Writes a line; what comes until it is quiet, or no more than a moment. */
  async ask(transport: Transport, text: string): Promise<readonly string[]> {
    this.#lines = [];
    // Half a downlink may be on its way still.
    if (performance.now() - this.#heardAtMs > STALE_MS) this.#splitter.clear();
    await transport.write(Buffer.from(`${text}\r\n`, "latin1"));
    await this.#quiet();
    if (this.#failure !== undefined) throw this.#failure;
    // An echo is no answer.
    return this.#lines.filter((line) => line !== text);
  }

  #quiet(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.stop();
        quiet?.stop();
        this.#heard = undefined;
        resolve();
      };
      const timer = new Patience(ANSWER_MS, end);
      let quiet: Patience | undefined;
      this.#heard = () => {
        quiet?.stop();
        quiet = new Patience(this.#failure === undefined ? QUIET_MS : 0, end);
      };
      // The answer may have come while the question was being written.
      if (this.#failure !== undefined || this.#lines.length > 0) this.#heard();
    });
  }
}

/**
 * Finds the baud rate and the dialect. Asks questions only: nothing on the modem is changed. Where
 * the transport has no baud rate, the other end has set it.
 */
export async function findModem(
  transport: Transport,
  listener: Listener,
  bauds: readonly number[] = BAUD_RATES,
): Promise<Found> {
  const rates = transport.setBaudRate === undefined ? [undefined] : bauds;
  for (const baudRate of rates) {
    if (baudRate !== undefined) await transport.setBaudRate?.(baudRate);
    const tries = rates.length === 1 ? TRIES_ALONE : TRIES;
    if (await answers(transport, listener, tries)) return identify(transport, listener, baudRate);
  }
  const tried = rates.filter((rate) => rate !== undefined);
  return { type: "silent", bauds: tried, noiseBytes: listener.bytes };
}

async function answers(transport: Transport, listener: Listener, tries: number): Promise<boolean> {
  for (let asked = 0; asked < tries; asked++) {
    // An empty line first: it ends what others may have begun, and wakes who sleeps.
    await transport.write(Buffer.from("\r\n"));
    const lines = await listener.ask(transport, "AT");
    if (lines.some(isModemSpeech)) return true;
  }
  return false;
}

async function identify(
  transport: Transport,
  listener: Listener,
  baudRate: number | undefined,
): Promise<Found> {
  let said: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    said = [];
    for (const query of VERSION_QUERIES) {
      const lines = await listener.ask(transport, query);
      said.push(...lines);
      const modem = recognise(lines);
      if (modem !== undefined) return { type: "modem", baudRate, modem };
    }
  }
  const foreign = recogniseForeign(said);
  if (foreign !== undefined) return { type: "foreign", baudRate, modem: foreign };
  return { type: "unknown", baudRate, said: said[0] ?? "" };
}
