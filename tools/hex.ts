import { InputError } from "./errors.ts";

/** What an Intel HEX file says of memory: one span, gaps filled with the value of erased flash. */
export interface HexContent {
  /** Of the first byte. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

interface DataRecord {
  readonly line: number;
  readonly address: number;
  readonly data: Uint8Array;
}

const RECORD = { data: 0, end: 1, segment: 2, startSegment: 3, linear: 4, startLinear: 5 } as const;
/** Data bytes that a record of a type has; undefined is as many as it says. */
const DATA_BYTES: readonly (number | undefined)[] = [undefined, 0, 2, 4, 2, 4];
const RECORD_OVERHEAD_BYTES = 5;
const ADDRESS_END = 0x1_0000_0000;
const SEGMENT_BYTES = 0x1_0000;

/**
 * Reads Intel HEX (record types 00 to 05) that spans at most `bytesMax` bytes from its first to its
 * last. Throws `InputError` with the number of the line.
 */
export function parseIntelHex(text: string, bytesMax: number): HexContent {
  const records: DataRecord[] = [];
  let base = 0;
  let isSegmented = false;
  let endLine = 0;
  let line = 0;
  for (const raw of text.split("\n")) {
    line++;
    const content = raw.trim();
    if (content === "") continue;
    if (endLine > 0) throw at(line, `follows the end of the file in line ${endLine}`);
    const { type, offset, data } = parseRecord(content, line);
    if (type === RECORD.end) endLine = line;
    if (type === RECORD.segment || type === RECORD.linear) {
      isSegmented = type === RECORD.segment;
      base = ((data[0] ?? 0) * 0x100 + (data[1] ?? 0)) * (isSegmented ? 0x10 : 0x1_0000);
    }
    if (type !== RECORD.data || data.length === 0) continue;
    if (isSegmented && offset + data.length > SEGMENT_BYTES) {
      throw at(line, "runs past the end of its 64 KiB segment");
    }
    if (base + offset + data.length > ADDRESS_END) throw at(line, "runs past the 4 GiB of memory");
    records.push({ line, address: base + offset, data });
  }
  if (endLine === 0) throw at(line, "the file ends without its end record; it is cut off");
  return assemble(records, bytesMax);
}

function parseRecord(
  content: string,
  line: number,
): { readonly type: number; readonly offset: number; readonly data: Uint8Array } {
  if (!content.startsWith(":")) throw at(line, "does not begin with a colon");
  const digits = content.slice(1);
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits)) throw at(line, "is not pairs of hex digits");
  const record = Buffer.from(digits, "hex");
  const [count = 0, high = 0, low = 0, type = 0] = record;
  if (record.length !== count + RECORD_OVERHEAD_BYTES) {
    const expected = count + RECORD_OVERHEAD_BYTES;
    throw at(line, `is a record of ${record.length} bytes, expected ${expected}`);
  }
  const sum = record.subarray(0, -1).reduce((total, byte) => total + byte, 0);
  const [stored, computed] = [record.at(-1) ?? 0, -sum & 0xff].map(hexByte);
  if (stored !== computed) throw at(line, `has checksum ${stored}, expected ${computed}`);
  if (type >= DATA_BYTES.length)
    throw at(line, `has record type ${hexByte(type)}, known are 00-05`);
  const expected = DATA_BYTES[type];
  if (expected !== undefined && count !== expected) {
    throw at(line, `has ${count} data bytes, type ${hexByte(type)} has ${expected}`);
  }
  return { type, offset: high * 0x100 + low, data: record.subarray(4, -1) };
}

function assemble(records: readonly DataRecord[], bytesMax: number): HexContent {
  const sorted = [...records].sort((a, b) => a.address - b.address || a.line - b.line);
  const [first] = sorted;
  if (first === undefined) throw new InputError("holds no data");
  let end = first.address;
  for (const { address, data, line } of sorted) {
    if (address < end) throw at(line, `overlaps an earlier record at 0x${address.toString(16)}`);
    end = address + data.length;
    if (end - first.address > bytesMax) {
      const span = `0x${first.address.toString(16)} to 0x${end.toString(16)}`;
      throw at(line, `makes the file span ${span}, more than ${bytesMax} bytes`);
    }
  }
  const bytes = new Uint8Array(end - first.address).fill(0xff);
  for (const { address, data } of sorted) bytes.set(data, address - first.address);
  return { address: first.address, bytes };
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}

function at(line: number, problem: string): InputError {
  return new InputError(`line ${line} ${problem}`);
}
