import type { ModemEvent, Reception } from "./modem-event.ts";

export type DialectName = "rui3" | "rak3172v1" | "e5" | "classic" | "stAtSlave" | "rn2483";

/** What an unsolicited line says: all of an event, or a piece of a reception in several lines. */
export type LineMeaning =
  | ModemEvent
  | { readonly type: "piece"; readonly piece: Partial<Reception>; readonly isLast?: boolean }
  /** The lines of a reception are over. */
  | { readonly type: "flush" };

export interface EventRow {
  /** Of a whole line; what nearly matches is noise. */
  readonly pattern: RegExp;
  /** `groups` are those of the pattern; those that took no part are empty. */
  readonly meaning: (groups: readonly string[]) => LineMeaning;
}

/** The last line of a reply. */
export interface EndRow {
  /** Which commands end so. */
  readonly command: RegExp;
  readonly line: RegExp;
  readonly isOk: boolean;
  /** It has the name of its command; without, it is another one's that came late. */
  readonly isNamed?: true;
  /** So is one before which there was no data. */
  readonly needsData?: true;
}

/** A family of modems as tables: how it says things. */
export interface Dialect {
  readonly name: DialectName;
  readonly title: string;
  readonly events: readonly EventRow[];
  /** How lines of {@link events} begin. */
  readonly eventStart: RegExp;
  readonly ends: readonly EndRow[];
  /** Whether a line that is neither an event nor the end belongs to the reply to `command`. */
  readonly belongs: (command: string, line: string) => boolean;
}

/** 1 to 255 bytes: an odd digit makes the line noise. */
export const HEX_BYTES = "((?:[0-9A-Fa-f]{2}){1,255})";

export function bytesOfHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Undefined: a word that says neither. */
export function castOf(word: string): Reception["cast"] {
  if (word === "UNICAST") return "unicast";
  return word === "MULTICAST" ? "multicast" : undefined;
}
