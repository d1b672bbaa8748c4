import { expect, test } from "vitest";
import { FragmentCount, type FragmentsOnAir } from "#tools/device/fragment-count.ts";
import { hex } from "../../hex.ts";

/** DataFragment (TS004 §3.4): CID, FragIndex and N, data. */
const fragment = (n: number, fragIndex = 0) =>
  Uint8Array.of(0x08, n & 0xff, (n >> 8) | (fragIndex << 6), 0xaa, 0xbb);

const air = (n: number, heard: number, lost: number): FragmentsOnAir => ({ n, heard, lost });

test.each<[string, readonly Uint8Array[], FragmentsOnAir | undefined]>([
  ["nothing", [], undefined],
  ["all", [1, 2, 3].map((n) => fragment(n)), air(3, 3, 0)],
  ["a gap", [1, 2, 6].map((n) => fragment(n)), air(6, 3, 3)],
  ["one that came in late is not lost", [1, 2].map((n) => fragment(n + 4)), air(6, 2, 0)],
  ["another order", [1, 3, 2, 4].map((n) => fragment(n)), air(4, 4, 0)],
  ["a session that begins again", [80, 81, 90, 1, 2].map((n) => fragment(n)), air(2, 2, 0)],
  ["another session", [fragment(4), fragment(9, 1)], air(9, 1, 0)],
])("%s", (_, payloads, expected) => {
  const count = new FragmentCount(1);
  for (const payload of payloads) expect(count.take(201, payload)).toBe(true);
  expect(count.air).toEqual(expected);
});

test.each([
  ["on another port", 200, fragment(1)],
  ["another command", 201, hex("01 00")],
  ["nothing", 201, hex("")],
  ["half of one", 201, hex("08 01")],
  ["noise", 201, hex("ff ff ff")],
])("%s is no fragment", (_, fPort, payload) => {
  const count = new FragmentCount(2);
  expect(count.take(fPort, payload)).toBe(false);
  expect(count.air).toBeUndefined();
});
