import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SpanStream } from "#agent/delta/byte-stream.ts";
import { CrleStream } from "#agent/delta/crle.ts";
import { compressCrle } from "#agent/delta/crle-encoder.ts";
import { decodeShape, encodeShape, HeatshrinkStream } from "#agent/delta/heatshrink.ts";
import { compressHeatshrink } from "#agent/delta/heatshrink-encoder.ts";
import { matchesWithin } from "#agent/delta/matches.ts";
import { readerOf } from "#agent/image/reader.ts";

/** Bytes as differences are: runs, some of them of zeros, and what lies between. */
const data = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom(0, 0, 0, 7, 255), fc.integer({ min: 1, max: 90 })),
      fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 2 })),
    ),
    { maxLength: 30 },
  )
  .map((runs) => Uint8Array.from(runs.flatMap(([byte, length]) => Array(length).fill(byte))));

function streamOf(bytes: Uint8Array) {
  return new SpanStream(readerOf(bytes), 0, bytes.length);
}

function heatshrinkOf(bytes: Uint8Array): HeatshrinkStream {
  const source = streamOf(bytes);
  const shape = decodeShape(source.next());
  if (shape === undefined) throw new RangeError("no such shape");
  return new HeatshrinkStream(source, shape);
}

function take(stream: { next(): number }, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => stream.next());
}

/** The longest match, by looking everywhere; before the bytes there are zeros. */
function longestBefore(bytes: Uint8Array, at: number, windowBits: number): number {
  let longest = 0;
  const max = Math.min(2 ** (windowBits - 1), bytes.length - at);
  const byteAt = (place: number) => (place < 0 ? 0 : bytes[place]);
  for (let from = at - 2 ** windowBits; from < at; from++) {
    let length = 0;
    while (length < max && byteAt(from + length) === bytes[at + length]) length += 1;
    longest = Math.max(longest, length);
  }
  return longest < 2 ? 0 : longest;
}

describe("matches", () => {
  test.each([4, 5, 6, 8, 11])("in a window of 2^%i bytes: the longest there is", (windowBits) => {
    fc.assert(
      fc.property(data, (bytes) => {
        const { lengths, distances } = matchesWithin(bytes, windowBits);
        const longest = Array.from(bytes, (_, at) => longestBefore(bytes, at, windowBits));
        expect(Array.from(lengths)).toEqual(longest);
        const isMatch = Array.from(distances, (distance, at) => {
          const found = Array.from({ length: lengths[at] ?? 0 }, (_, index) => at + index);
          const isInWindow = found.length === 0 || (distance > 0 && distance <= 2 ** windowBits);
          return (
            isInWindow && found.every((place) => (bytes[place - distance] ?? 0) === bytes[place])
          );
        });
        expect(isMatch).not.toContain(false);
      }),
      { seed: 2, numRuns: 60 },
    );
  });
});

describe("heatshrink", () => {
  const shapes = [4, 5, 8, 9, 11].flatMap((windowBits) =>
    [3, 4, 7, 10]
      .filter((lookaheadBits) => lookaheadBits < windowBits)
      .map((lookaheadBits) => ({ windowBits, lookaheadBits })),
  );

  test.each(shapes)("there and back, $windowBits/$lookaheadBits", (shape) => {
    const { windowBits, lookaheadBits } = shape;
    fc.assert(
      fc.property(data, (bytes) => {
        const packed = compressHeatshrink(bytes, matchesWithin(bytes, windowBits), lookaheadBits);
        const stream = heatshrinkOf(packed);
        expect(take(stream, bytes.length)).toEqual(bytes);
        expect(stream.isAtEnd).toBe(true);
        expect(stream.next()).toBe(-1);
      }),
      { seed: 3, numRuns: 40 },
    );
  });

  test("a shape is one byte, and none but those that fit are known", () => {
    for (let byte = 0; byte < 256; byte++) {
      const shape = decodeShape(byte);
      if (shape === undefined) continue;
      expect(encodeShape(shape)).toBe(byte);
      expect(shape.windowBits).toBeLessThanOrEqual(11);
      expect(shape.lookaheadBits).toBeLessThan(shape.windowBits);
    }
    expect(decodeShape(0x44)).toEqual({ windowBits: 8, lookaheadBits: 7 });
    // A window of 2^12; a copy of 2^8 bytes from a window of 2^8.
    expect([decodeShape(0x84), decodeShape(0x45), decodeShape(-1)]).toEqual(
      Array(3).fill(undefined),
    );
  });

  test("bits behind the end are zeros, and less than a byte", () => {
    // Window 2^4, copies of up to 2^3; literal 0xff, then seven bits.
    expect(isAtEndAfterOne(0x00, 0xff, 0x80)).toBe(true);
    expect(isAtEndAfterOne(0x00, 0xff, 0x81)).toBe(false);
    expect(isAtEndAfterOne(0x00, 0xff, 0x80, 0x00)).toBe(false);
  });

  function isAtEndAfterOne(...bytes: readonly number[]): boolean {
    const stream = heatshrinkOf(Uint8Array.from(bytes));
    expect(stream.next()).toBe(0xff);
    return stream.isAtEnd;
  }

  test("before its first byte the window holds zeros", () => {
    // Window 2^4, copies of up to 2^3: tag 0, distance 16, length 8.
    expect(take(heatshrinkOf(Uint8Array.of(0x00, 0x7f)), 8)).toEqual(new Uint8Array(8));
  });

  test("a copy that is not over is no end", () => {
    const stream = heatshrinkOf(Uint8Array.of(0x00, 0x7f));
    take(stream, 7);
    expect(stream.isAtEnd).toBe(false);
    stream.next();
    expect(stream.isAtEnd).toBe(true);
  });
});

describe("run lengths", () => {
  test("there and back", () => {
    fc.assert(
      fc.property(data, (bytes) => {
        const stream = new CrleStream(streamOf(compressCrle(bytes)));
        expect(take(stream, bytes.length)).toEqual(bytes);
        expect(stream.isAtEnd).toBe(true);
        expect(stream.next()).toBe(-1);
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  test("five equal bytes are scattered, six are a run", () => {
    expect(compressCrle(Uint8Array.of(9, 9, 9, 9, 9))).toEqual(Uint8Array.of(0, 5, 9, 9, 9, 9, 9));
    expect(compressCrle(Uint8Array.of(9, 9, 9, 9, 9, 9))).toEqual(Uint8Array.of(1, 6, 9));
  });

  test.each([
    ["no kind", [2, 1, 0]],
    ["no size", [0]],
    ["a size that goes on", [1, 0x80]],
    ["a run of nothing", [1, 4]],
    ["scattered bytes that are missing", [0, 3]],
  ])("%s", (_, bytes) => {
    expect(new CrleStream(streamOf(Uint8Array.from(bytes))).next()).toBe(-1);
  });

  test("a segment that is not over is no end", () => {
    const stream = new CrleStream(streamOf(Uint8Array.of(1, 2, 7)));
    expect([stream.next(), stream.isAtEnd, stream.next(), stream.isAtEnd]).toEqual([
      7,
      false,
      7,
      true,
    ]);
  });
});
