import { describe, expect, test } from "vitest";
import {
  decodeHeader,
  decodeRecord,
  EXTRA_BYTES_MAX,
  encodeHeader,
  encodeRecord,
  recordBytes,
} from "#agent/journal/format.ts";
import { hex } from "../../hex.ts";

function encoded(extra: Uint8Array, granuleBytes: number): Uint8Array {
  const sizeBytes = recordBytes(extra.length, granuleBytes);
  const bytes = new Uint8Array(sizeBytes).fill(0xaa);
  encodeRecord(bytes, sizeBytes, 0x81, 0x1234, 0xfedc, extra, extra.length);
  return bytes;
}

/** `bytes` with each bit flipped in turn. */
function* rotten(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const copy = bytes.slice();
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield copy;
  }
}

describe("a record", () => {
  test.each([0, 1, 7, 8, 240])("with %i extra bytes, in granules of any size", (length) => {
    const extra = Uint8Array.from({ length }, (_, index) => 3 * index + 1);
    for (const granuleBytes of [1, 2, 4, 8, 16, 32]) {
      const bytes = encoded(extra, granuleBytes);
      expect(bytes.length % granuleBytes).toBe(0);
      expect(decodeRecord(bytes, 0)).toEqual({ kind: 0x81, a: 0x1234, b: 0xfedc, extra });
      expect(bytes.subarray(8 + length).every((byte) => byte === 0)).toBe(true);
    }
  });

  test("laid out by hand", () => {
    // The CRC-16 by crc_hqx of Python, from 0xffff on.
    expect(encoded(hex("05 06"), 4)).toEqual(hex("81 02 34 12 dc fe 2a 02 05 06 00 00"));
  });

  test("none after any truncation, any flipped bit, nor where nothing is", () => {
    const bytes = encoded(hex("01 02 03 04 05"), 1);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeRecord(bytes.subarray(0, length), 0)).toBeUndefined();
    }
    for (const bad of rotten(bytes)) expect(decodeRecord(bad, 0)).toBeUndefined();
    expect(decodeRecord(new Uint8Array(256), 0)).toBeUndefined();
    expect(decodeRecord(new Uint8Array(256).fill(0xff), 0)).toBeUndefined();
    expect(decodeRecord(encoded(new Uint8Array(EXTRA_BYTES_MAX + 1), 1), 0)).toBeUndefined();
  });
});

describe("the header of a sector", () => {
  const header = { sequence: 0x0102_0304, previous: 0x0102_0303, previousEnd: 4000 };

  test("in granules of any size", () => {
    for (const granuleBytes of [1, 8, 32]) {
      const bytes = encodeHeader(header, granuleBytes);
      expect(bytes.length % granuleBytes).toBe(0);
      expect(decodeHeader(bytes)).toEqual(header);
    }
  });

  test("none after any truncation, any flipped bit, nor where nothing is", () => {
    const bytes = encodeHeader(header, 1);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeHeader(bytes.subarray(0, length))).toBeUndefined();
    }
    for (const bad of rotten(bytes)) expect(decodeHeader(bad)).toBeUndefined();
    expect(decodeHeader(new Uint8Array(32).fill(0xff))).toBeUndefined();
  });
});
