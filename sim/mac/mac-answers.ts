import { type MacUplink, macUplink } from "./mac-commands.wire.ts";

/** The server changes its own parameters only when it sees these. */
const STICKY: ReadonlySet<MacUplink["name"]> = new Set([
  "RXParamSetupAns",
  "RXTimingSetupAns",
  "DlChannelAns",
  "TxParamSetupAns",
  "PingSlotChannelAns",
]);

/** Answers on their way into FOpts, or, where those are too short for them, to port 0. */
export class MacAnswers {
  #once: Uint8Array[] = [];
  /** Repeated in every uplink until a class A downlink shows that the server has them. */
  #sticky: Uint8Array[] = [];
  /** Some have not been sent yet. */
  #isFresh = false;

  say(answer: MacUplink): void {
    (STICKY.has(answer.name) ? this.#sticky : this.#once).push(macUplink.encode(answer));
    this.#isFresh = true;
  }

  /** What the next uplink may say: `first`, then the answers; whole ones, as many as fit. */
  peek(bytesMax: number, first: readonly Uint8Array[] = []): Uint8Array {
    const fOpts: number[] = [];
    for (const answer of [...first, ...this.#sticky, ...this.#once]) {
      if (fOpts.length + answer.length > bytesMax) break;
      fOpts.push(...answer);
    }
    return Uint8Array.from(fOpts);
  }

  /** Whether there are new ones that do not all fit. What was said already need not fit again. */
  exceeds(bytesMax: number, first: readonly Uint8Array[] = []): boolean {
    const all = [...first, ...this.#sticky, ...this.#once];
    return this.#isFresh && all.reduce((sum, { length }) => sum + length, 0) > bytesMax;
  }

  /** The uplink leaves with what {@link peek} gave. What did not fit is dropped: the server asks again. */
  onUplink(): void {
    this.#once = [];
    this.#isFresh = false;
  }

  /** A class A downlink: the server has heard the uplink. */
  onDownlink(): void {
    this.#sticky = [];
  }

  clear(): void {
    this.onUplink();
    this.onDownlink();
  }
}
