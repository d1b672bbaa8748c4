import { InputError } from "../errors.ts";
import { COMMAND_WORDS } from "./command-words.ts";
import { wordsFor } from "./field-words.ts";
import type { AnyCommandSet, DecodedCommand } from "./packages.ts";

/** Lines on one command: what it is, then a line per field. */
export interface Row {
  readonly name: string;
  readonly value: string;
  readonly words: string;
  /** Bytes: a key, a MIC, data. */
  readonly isRaw?: true;
}

export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join("");
}

/** In columns. */
export function rowLines(rows: readonly Row[]): readonly string[] {
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const short = rows.filter(({ words }) => words !== "").map(({ value }) => value.length);
  const valueWidth = Math.max(0, ...short);
  return rows.map(({ name, value, words }) =>
    `  ${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${words}`.trimEnd(),
  );
}

export interface Explanation {
  readonly lines: readonly string[];
  /** Why the rest of the payload means nothing. */
  readonly problem: InputError | undefined;
}

/** Every command of a payload, up to the first that cannot be read. */
export function explainCommands(payload: Uint8Array, set: AnyCommandSet): Explanation {
  const lines: string[] = [];
  for (const decoded of set.decode(payload)) {
    if (!decoded.ok) {
      return { lines, problem: problemAt(payload, decoded.at, decoded.reason) };
    }
    const { command } = decoded;
    const bytes = set.encode(command);
    const words = COMMAND_WORDS[command.name];
    const cid = hexText(bytes.subarray(0, 1));
    const title = `${command.name} (CID 0x${cid}, ${plural(bytes.length, "byte")})`;
    lines.push(words === undefined ? title : `${title}: ${words}`);
    const rows = rowsOf(command);
    if (rows.length > 0) lines.push(...rowLines(rows));
  }
  return { lines, problem: undefined };
}

function problemAt(payload: Uint8Array, at: number, reason: string): InputError {
  const cid = `0x${hexText(payload.subarray(at, at + 1))}`;
  const what =
    {
      unknownCommand: `${cid} is no command here`,
      truncated: `command ${cid} is cut short`,
      notAlone: `command ${cid} must be alone in its frame`,
    }[reason] ?? reason;
  return new InputError(`byte ${at}: ${what}; a device ignores the rest`);
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export function rowsOf(command: DecodedCommand): readonly Row[] {
  return Object.entries(command)
    .filter(([field]) => field !== "name")
    .flatMap(([field, value]) => rowsOfField(command.name, field, value));
}

/** A group of bits gives a row per part, a list a row per field of each item. */
function rowsOfField(command: string, field: string, value: unknown): readonly Row[] {
  if (value instanceof Uint8Array) {
    return [{ name: field, value: hexText(value), words: "", isRaw: true }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item) => rowsOfField(command, field, item));
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([part, inner]) => rowsOfField(command, part, inner));
  }
  const shown = typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
  return [{ name: field, value: shown, words: wordsFor(command, field, value) }];
}
