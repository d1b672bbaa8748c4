import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bytes,
  decodeMessage,
  encodeMessage,
  int64,
  many,
  one,
  text,
  uint32,
} from "#hal/net/protobuf.ts";
import { hex } from "../../hex.ts";

const inner = { name: text(1), seconds: int64(2) } as const;
const table = {
  title: text(1),
  count: uint32(2),
  data: bytes(3),
  first: one(4, inner),
  all: many(16, inner),
} as const;

const EMPTY = { title: "", count: 0, data: undefined, first: undefined, all: [] };
const FULL = {
  title: "é",
  count: 4_294_967_295,
  data: hex("00 ff"),
  first: { name: "", seconds: 0 },
  all: [
    { name: "a", seconds: 1 },
    { name: "b", seconds: 4_102_444_800 },
  ],
};
/** By hand, from the encoding's description: keys are number * 8 + wire type. */
const FULL_BYTES = hex(
  "0a 02 c3 a9 10 ff ff ff ff 0f 1a 02 00 ff 22 00 82 01 05 0a 01 61 10 01 82 01 09 0a 01 62 10 80 ae 99 a4 0f",
);

test("a message and its bytes are each other's", () => {
  expect(decodeMessage(table, FULL_BYTES)).toEqual(FULL);
  expect(encodeMessage(table, FULL)).toEqual(FULL_BYTES);
});

test("what has its default is left out, and comes back", () => {
  expect(encodeMessage(table, EMPTY)).toHaveLength(0);
  expect(decodeMessage(table, new Uint8Array())).toEqual(EMPTY);
});

test.each([
  ["a field that the table does not have", "2a 01 00 38 07 10 05"],
  ["a field of another wire type", "08 07 10 05"],
  ["a field that comes twice", "10 04 10 05"],
])("%s does no harm", (_, given) => {
  expect(decodeMessage(table, hex(given))).toEqual({ ...EMPTY, count: 5 });
});

test.each([
  ["text longer than what is there", "0a 05 61"],
  ["a message longer than what is there", "22 05 0a"],
  ["a message that is none", "22 02 0a 05"],
  ["text of 2^31 bytes", "0a 80 80 80 80 08"],
  ["bytes of 2^31", "1a 80 80 80 80 08"],
  ["a length of 2^64 - 1", "1a ff ff ff ff ff ff ff ff ff 01"],
  ["an unknown field of 2^31 bytes", "2a 80 80 80 80 08"],
  ["a number without an end", "10 ff ff ff ff ff ff ff ff ff ff ff"],
  ["an unknown wire type", "0f"],
  ["a group without an end", "2b 10 05"],
  ["text that is not UTF-8", "0a 01 ff"],
])("%s is no message", (_, given) => {
  expect(decodeMessage(table, hex(given))).toBeUndefined();
});

test("every message comes back", () => {
  const inside = fc.record({ name: fc.string(), seconds: fc.integer({ min: 0, max: 2 ** 52 }) });
  const message = fc.record({
    title: fc.string({ unit: "grapheme" }),
    count: fc.nat(),
    data: fc.option(fc.uint8Array(), { nil: undefined }),
    first: fc.option(inside, { nil: undefined }),
    all: fc.array(inside),
  });
  fc.assert(
    fc.property(message, (given) => {
      expect(decodeMessage(table, encodeMessage(table, given))).toEqual(given);
    }),
  );
});

test("cut short or made of noise it never throws", () => {
  for (let length = 0; length < FULL_BYTES.length; length++) {
    decodeMessage(table, FULL_BYTES.subarray(0, length));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      decodeMessage(table, noise);
    }),
  );
});
