import type { Dialect } from "./dialect.ts";
import type { ModemEvent, Reception } from "./modem-event.ts";

/** What a line is to whoever waits for the reply to a command. */
export type ModemLine =
  | { readonly type: "event"; readonly event: ModemEvent }
  /** The last line of the reply. */
  | {
      readonly type: "end";
      readonly isOk: boolean;
      readonly text: string;
      /** Else it is the end of another command, which came late. */
      readonly needsData: boolean;
    }
  | { readonly type: "data"; readonly text: string }
  /** Part of an event that is not complete yet, or of one that is told already. */
  | { readonly type: "part" }
  | { readonly type: "echo" }
  | { readonly type: "noise" };

/**
 * Reads a dialect line by line. Events are recognised first, so that one between a command and its
 * OK is never taken for a reply. Any text will do; nothing throws.
 */
export class LineReader {
  readonly #dialect: Dialect;
  #pieces: Partial<Reception> = {};

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** What came before an event may have lost the end of its line: the event is whole all the same. */
  parts(line: string): readonly string[] {
    if (this.#isEvent(line)) return [line];
    const at = [...line.matchAll(this.#dialect.eventStart)].at(-1)?.index ?? 0;
    const isTwo = at > 0 && this.#isEvent(line.slice(at));
    return isTwo ? [line.slice(0, at), line.slice(at)] : [line];
  }

  #isEvent(line: string): boolean {
    return this.#dialect.events.some(({ pattern }) => pattern.test(line));
  }

  /** `command`: the one that waits for its reply, if any. */
  read(line: string, command: string | undefined): ModemLine {
    if (command !== undefined && line === command) return { type: "echo" };
    for (const { pattern, meaning } of this.#dialect.events) {
      const match = pattern.exec(line);
      if (match === null) continue;
      const said = meaning(match.slice(1).map((group: string | undefined) => group ?? ""));
      if (said.type === "piece") return this.#add(said.piece, said.isLast === true);
      if (said.type === "flush") this.#pieces = {};
      return said.type === "flush" ? { type: "part" } : { type: "event", event: said };
    }
    if (command === undefined) return { type: "noise" };
    const belongs = this.#dialect.belongs(command, line);
    const end = this.#dialect.ends.find(
      (row) => row.command.test(command) && row.line.test(line) && (belongs || !row.isNamed),
    );
    if (end !== undefined) {
      this.#pieces = {};
      return { type: "end", isOk: end.isOk, text: line, needsData: end.needsData === true };
    }
    return belongs ? { type: "data", text: line } : { type: "noise" };
  }

  #add(piece: Partial<Reception>, isLast: boolean): ModemLine {
    this.#pieces = { ...this.#pieces, ...piece };
    if (!isLast) return { type: "part" };
    const { window, cast, rssiDbm, snrDb, fPort, payload } = this.#pieces;
    this.#pieces = {};
    // Lines of its beginning were lost; or there was no payload, only an acknowledgement.
    if (fPort === undefined || payload === undefined) return { type: "part" };
    if (rssiDbm === undefined || snrDb === undefined) return { type: "part" };
    const reception = { window, cast: cast ?? "unicast", rssiDbm, snrDb, fPort, payload };
    return { type: "event", event: { type: "received", reception } };
  }
}
