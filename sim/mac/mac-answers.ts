import { type MacUplink, macUplink } from "./mac-commands.wire.ts";

/** The server changes its own parameters only when it sees these. */
const STICKY: ReadonlySet<MacUplink["name"]> = new Set([
  "RXParamSetupAns",
  "RXTimingSetupAns",
  "DlChannelAns",
  "TxParamSetupAns",
]);

/** Answers on their way into FOpts. */
export class MacAnswers {
  #once: Uint8Array[] = [];
  /** Repeated in every uplink until a downlink shows that the server has them. */
  #sticky: Uint8Array[] = [];

  say(answer: MacUplink): void {
    (STICKY.has(answer.name) ? this.#sticky : this.#once).push(macUplink.encode(answer));
  }

  /** The answers for the next uplink: whole ones, as many as fit. */
  peek(bytesMax: number): Uint8Array {
    const fOpts: number[] = [];
    for (const answer of [...this.#sticky, ...this.#once]) {
      if (fOpts.length + answer.length > bytesMax) break;
      fOpts.push(...answer);
    }
    return Uint8Array.from(fOpts);
  }

  /** The uplink leaves with what {@link peek} gave. What did not fit is dropped: the server asks again. */
  onUplink(): void {
    this.#once = [];
  }

  onDownlink(): void {
    this.#sticky = [];
  }

  clear(): void {
    this.#once = [];
    this.#sticky = [];
  }
}
