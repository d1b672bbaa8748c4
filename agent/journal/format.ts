import { crc32 } from "../boot/crc32.ts";
import { roundUp } from "../flash/sectors.ts";
import { crc16 } from "./crc16.ts";

/**
 * A record is 8 bytes: kind u8, length of the extra bytes u8, a u16, b u16, CRC-16 of all the rest;
 * then the extra bytes. It is padded with zeros to whole granules. Little endian.
 */
export const RECORD_HEAD_BYTES = 8;
export const EXTRA_BYTES_MAX = 240;

/** Longest record: 8 + 240, in granules of 32. */
export const RECORD_BYTES_MAX = 256;

/** Kind of the record that ends a snapshot; `a` is the count of records before it. */
export const COMMIT_KIND = 0x3f;

export interface JournalRecord {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly extra: Uint8Array;
}

/** Flash that a record with so many extra bytes takes. */
export function recordBytes(extraBytes: number, granuleBytes: number): number {
  return roundUp(RECORD_HEAD_BYTES + extraBytes, granuleBytes);
}

const CRC_START = 0xffff;

/** Writes the record at the start of `target`, which has `sizeBytes` for it. */
export function encodeRecord(
  target: Uint8Array,
  sizeBytes: number,
  kind: number,
  a: number,
  b: number,
  extra: Uint8Array,
  extraBytes: number,
): void {
  target[0] = kind;
  target[1] = extraBytes;
  target[2] = a & 0xff;
  target[3] = a >> 8;
  target[4] = b & 0xff;
  target[5] = b >> 8;
  let crc = crc16(CRC_START, target, 0, 6);
  for (let index = 0; index < extraBytes; index++) {
    target[RECORD_HEAD_BYTES + index] = extra[index] as number;
  }
  if (extraBytes > 0) {
    crc = crc16(crc, target, RECORD_HEAD_BYTES, RECORD_HEAD_BYTES + extraBytes);
  }
  target[6] = crc & 0xff;
  target[7] = crc >> 8;
  for (let index = RECORD_HEAD_BYTES + extraBytes; index < sizeBytes; index++) target[index] = 0;
}

/** The record at `at`, a view into `bytes`; undefined if there is no whole one. */
export function decodeRecord(bytes: Uint8Array, at: number): JournalRecord | undefined {
  if (at + RECORD_HEAD_BYTES > bytes.length) return undefined;
  const kind = bytes[at] as number;
  const extraBytes = bytes[at + 1] as number;
  const start = at + RECORD_HEAD_BYTES;
  if (extraBytes > EXTRA_BYTES_MAX || start + extraBytes > bytes.length) return undefined;
  const crc = crc16(crc16(CRC_START, bytes, at, at + 6), bytes, start, start + extraBytes);
  if (crc !== u16At(bytes, at + 6)) return undefined;
  return {
    kind,
    a: u16At(bytes, at + 2),
    b: u16At(bytes, at + 4),
    extra: bytes.subarray(start, start + extraBytes),
  };
}

function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

/** First thing in a sector: which sector of the log it is, and where the one before it ended. */
export interface SectorHeader {
  /** From 1 on; never used twice. */
  readonly sequence: number;
  /** Sequence of the sector that this one goes on from; 0 for the first of a snapshot. */
  readonly previous: number;
  /** Bytes of the previous sector that count. What lies behind them was torn and is burnt. */
  readonly previousEnd: number;
}

/** "FJ01" as it lies in flash. */
const MAGIC = 0x3130_4a46;
const HEADER_BYTES = 20;

export function headerBytes(granuleBytes: number): number {
  return roundUp(HEADER_BYTES, granuleBytes);
}

export function encodeHeader(header: SectorHeader, granuleBytes: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes(granuleBytes));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, header.sequence, true);
  view.setUint32(8, header.previous, true);
  view.setUint32(12, header.previousEnd, true);
  view.setUint32(16, crc32(bytes.subarray(0, 16)), true);
  return bytes;
}

export function decodeHeader(bytes: Uint8Array): SectorHeader | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  if (view.getUint32(16, true) !== crc32(bytes.subarray(0, 16))) return undefined;
  return {
    sequence: view.getUint32(4, true),
    previous: view.getUint32(8, true),
    previousEnd: view.getUint32(12, true),
  };
}
