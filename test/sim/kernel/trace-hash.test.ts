import { describe, expect, test } from "vitest";
import { TraceHash } from "#sim/kernel/trace-hash.ts";

function hashOf(...values: readonly (number | string | Uint8Array)[]): string {
  const hash = new TraceHash();
  for (const value of values) {
    if (typeof value === "number") hash.add(value);
    else if (typeof value === "string") hash.addText(value);
    else hash.addBytes(value);
  }
  return hash.toString();
}

test("equal histories have equal digests, 16 hex digits", () => {
  const history = [12_345, "booted 1.0.0", Uint8Array.of(1, 2, 3)];
  expect(hashOf(...history)).toBe(hashOf(...history));
  expect(hashOf(...history)).toMatch(/^[0-9a-f]{16}$/);
});

test("pinned: the digest is the same on every machine and in every release", () => {
  expect([
    hashOf(),
    hashOf(0),
    hashOf(Number.MAX_SAFE_INTEGER),
    hashOf("ab"),
    hashOf(Uint8Array.of(0xff, 0)),
    hashOf(1, "x", Uint8Array.of(2)),
  ]).toMatchInlineSnapshot(`
    [
      "9e3779b9811c9dc5",
      "876f2833117697cd",
      "e93d9701201910a3",
      "261d7d72042ccc4a",
      "c72d6ef127a0504a",
      "f86c97ea33274c4a",
    ]
  `);
});

test("reading the digest does not change it", () => {
  const hash = new TraceHash();
  hash.add(5);
  expect(hash.toString()).toBe(hash.toString());
});

describe("what differs shows", () => {
  test.each([
    ["order", hashOf(1, 2), hashOf(2, 1)],
    ["a number more", hashOf(1), hashOf(1, 0)],
    ["only zeros", hashOf(0), hashOf(0, 0)],
    ["the upper half of a number", hashOf(5), hashOf(5 + 2 ** 32)],
    ["the halves swapped", hashOf(2 ** 32), hashOf(1)],
    ["where one text ends and the next begins", hashOf("ab", "c"), hashOf("a", "bc")],
    [
      "where bytes end",
      hashOf(Uint8Array.of(1), Uint8Array.of(2, 3)),
      hashOf(Uint8Array.of(1, 2), Uint8Array.of(3)),
    ],
    ["no bytes and nothing", hashOf(new Uint8Array(0)), hashOf()],
    ["characters beyond Latin-1", hashOf("Ā"), hashOf("\0")],
  ])("%s", (_, a, b) => {
    expect(a).not.toBe(b);
  });

  test("every bit of a number, early or late in the trace", () => {
    for (const before of [0, 200]) {
      const seen = new Set<string>();
      const base = Array.from({ length: before }, (_, index) => index);
      seen.add(hashOf(...base, 0, 1, 2));
      for (let bit = 0; bit < 53; bit++) seen.add(hashOf(...base, 2 ** bit, 1, 2));
      expect(seen.size).toBe(54);
    }
  });

  test("a change is not forgotten after a long trace", () => {
    const tail = Array.from({ length: 5000 }, (_, index) => index);
    expect(hashOf(1, ...tail)).not.toBe(hashOf(2, ...tail));
  });

  test("20,000 short histories have 20,000 digests, and half of the bits are set", () => {
    const seen = new Set<string>();
    let ones = 0;
    for (let value = 0; value < 10_000; value++) {
      for (const digest of [hashOf(value), hashOf(value, value)]) {
        seen.add(digest);
        ones += bitsOf(digest);
      }
    }
    expect(seen.size).toBe(20_000);
    expect(Math.abs(ones / 20_000 - 32)).toBeLessThan(1);
  });
});

function bitsOf(hex: string): number {
  let bits = 0;
  for (const digit of hex) {
    for (let value = Number.parseInt(digit, 16); value > 0; value >>= 1) bits += value & 1;
  }
  return bits;
}
