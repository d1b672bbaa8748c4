import { closeSync, openSync, readSync, statSync } from "node:fs";
import { InputError } from "#tools/errors.ts";
import { fileReasonOf } from "#tools/files.ts";
import { accepts, readSchema } from "#tools/json-schema.ts";
import { explain, printable } from "#tools/scenario/explain.ts";
import { RECORDING_MARK, RECORDING_VERSION } from "./lines.ts";
import type { RecordingHead, RecordingLine } from "./schema.ts";

const recordingSchema = readSchema(new URL("../../docs/recording.schema.json", import.meta.url));

/** The scenario of the first line is the longest text that a line holds. */
const LINE_BYTES_MAX = 8_388_608;
const CHUNK_BYTES = 1_048_576;
const NEWLINE = 0x0a;

export type RecordedLine = Exclude<RecordingLine, RecordingHead>;

export interface Recorded<Line> {
  /** `FILE:LINE` */
  readonly where: string;
  readonly line: Line;
}

/** A recording, its first line read; the others are read as they are asked for. */
export interface Recording {
  readonly head: Recorded<RecordingHead>;
  readonly lines: Iterable<Recorded<RecordedLine>>;
}

/** Only regular files are looked into: what comes out of a pipe would be gone. */
export function isRecording(path: string): boolean {
  return orUnreadable(path, () => {
    if (!statSync(path).isFile()) return false;
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(RECORDING_MARK.length);
      readSync(file, bytes);
      return bytes.toString("latin1") === RECORDING_MARK;
    } finally {
      closeSync(file);
    }
  });
}

/** Throws `InputError`, and so do its lines. */
export function readRecording(path: string): Recording {
  const all = recordedLines(path);
  const first = all.next();
  const line = first.done === true ? undefined : first.value.line;
  if (first.done === true || line?.type !== "recording") {
    throw new InputError(`${path}: is not a recording: its first line is cut off or another`);
  }
  return { head: { where: first.value.where, line }, lines: afterHead(all) };
}

function* afterHead(all: Iterable<Recorded<RecordingLine>>): Generator<Recorded<RecordedLine>> {
  for (const { where, line } of all) {
    if (line.type === "recording") throw new InputError(`${where}: another recording begins`);
    yield { where, line };
  }
}

function* recordedLines(path: string): Generator<Recorded<RecordingLine>> {
  let number = 0;
  for (const { bytes, isWhole } of linesOf(path)) {
    number += 1;
    const where = `${path}:${number}`;
    const value = parse(bytes, where, isWhole);
    // What a crash has cut off was never there.
    if (value === undefined) return;
    yield { where, line: asLine(value, where) };
  }
}

interface RawLine {
  readonly bytes: Uint8Array;
  /** Ended by a newline. */
  readonly isWhole: boolean;
}

function* linesOf(path: string): Generator<RawLine> {
  const file = orUnreadable(path, () => openSync(path, "r"));
  try {
    let rest: Uint8Array = new Uint8Array(0);
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const length = orUnreadable(path, () => readSync(file, chunk));
      if (length === 0) break;
      let bytes: Uint8Array = Buffer.concat([rest, chunk.subarray(0, length)]);
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE)) {
        yield { bytes: bytes.subarray(0, end), isWhole: true };
        bytes = bytes.subarray(end + 1);
      }
      if (bytes.length > LINE_BYTES_MAX) {
        throw new InputError(`${path}: has a line of more than ${LINE_BYTES_MAX} bytes`);
      }
      rest = bytes;
    }
    if (rest.length > 0) yield { bytes: rest, isWhole: false };
  } finally {
    closeSync(file);
  }
}

/** Undefined for a last line that is cut off. */
function parse(bytes: Uint8Array, where: string, isWhole: boolean): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    if (!isWhole) return undefined;
    throw new InputError(`${where}: is not JSON: ${printable(error.message).slice(0, 120)}`);
  }
}

function asLine(value: unknown, where: string): RecordingLine {
  if (isLine(value)) return value;
  const version = versionOf(value);
  if (version !== undefined && version !== RECORDING_VERSION) {
    const mend = `this fuota reads version ${RECORDING_VERSION}`;
    throw new InputError(`${where}: is a recording of version ${version}; ${mend}`);
  }
  const problem = explain(recordingSchema, value);
  const name = printable(problem?.path.join(".").slice(0, 80) ?? "");
  const text = problem?.text ?? "is not valid";
  throw new InputError(`${where}: is no line of a recording: ${name} ${text}`);
}

function versionOf(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null || !("schemaVersion" in value)) return undefined;
  return typeof value.schemaVersion === "number" ? value.schemaVersion : undefined;
}

function isLine(value: unknown): value is RecordingLine {
  return accepts(recordingSchema, value);
}

function orUnreadable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isBadName = error instanceof TypeError && path.includes("\0");
    const reason = isBadName ? "not a file name" : fileReasonOf(error);
    if (reason === undefined) throw error;
    throw new InputError(`${path.replaceAll("\0", "?")}: ${reason}`);
  }
}
