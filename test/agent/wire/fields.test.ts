import { describe, expect, test } from "vitest";
import {
  bits,
  bytes,
  type FixedField,
  flag,
  frequencyHz,
  i32,
  u8,
  u16,
  u24,
  u32,
  uint,
} from "#agent/wire/fields.ts";
import { hex } from "../../hex.ts";

function write<T>(field: FixedField<T>, value: T): Uint8Array {
  const out = new Uint8Array(field.sizeBytes);
  field.write(new DataView(out.buffer), 0, value);
  return out;
}

function read<T>(field: FixedField<T>, text: string): T {
  const from = hex(text);
  return field.read(new DataView(from.buffer), 0, from.length);
}

describe("integers are little-endian and checked", () => {
  test.each([
    { name: "u8", field: u8, value: 0xfe, text: "fe" },
    { name: "u16", field: u16, value: 0x1234, text: "34 12" },
    { name: "u24", field: u24, value: 0xfedcba, text: "ba dc fe" },
    { name: "u32", field: u32, value: 0xfedcba98, text: "98 ba dc fe" },
    { name: "i32", field: i32, value: -2, text: "fe ff ff ff" },
    { name: "i32", field: i32, value: -(2 ** 31), text: "00 00 00 80" },
    { name: "i32", field: i32, value: 2 ** 31 - 1, text: "ff ff ff 7f" },
  ])("$name $value <-> $text", ({ field, value, text }) => {
    expect(write(field, value)).toEqual(hex(text));
    expect(read(field, text)).toBe(value);
  });

  test.each([
    { name: "u8", field: u8, wrong: [-1, 256, 0.5, Number.NaN] },
    { name: "u16", field: u16, wrong: [-1, 65_536] },
    { name: "u24", field: u24, wrong: [-1, 2 ** 24] },
    { name: "u32", field: u32, wrong: [-1, 2 ** 32] },
    { name: "i32", field: i32, wrong: [-(2 ** 31) - 1, 2 ** 31] },
  ])("$name refuses what does not fit", ({ field, wrong }) => {
    for (const value of wrong) expect(() => write(field, value)).toThrow(RangeError);
  });
});

describe("frequency", () => {
  test.each([
    { hz: 869_525_000, text: "d2 ad 84" },
    { hz: 0, text: "00 00 00" },
    { hz: 1_199_999_900, text: "ff 1a b7" },
    { hz: 2_400_000_000, text: "00 1b b7" },
    { hz: 2_422_000_000, text: "b0 c8 b8" },
  ])("$hz Hz <-> $text", ({ hz, text }) => {
    expect(write(frequencyHz, hz)).toEqual(hex(text));
    expect(read(frequencyHz, text)).toBe(hz);
  });

  test.each([869_525_050, 1_200_000_000, 2_399_999_900, 2_400_000_100, 4_000_000_000, -100])(
    "%d Hz has no code",
    (hz) => {
      expect(() => write(frequencyHz, hz)).toThrow(RangeError);
    },
  );
});

describe("bits", () => {
  const field = bits(u16, { n: uint(0, 14), index: uint(14, 2) });

  test("parts are where the layout says", () => {
    expect(write(field, { n: 0x0123, index: 2 })).toEqual(hex("23 81"));
    expect(read(field, "23 81")).toEqual({ n: 0x0123, index: 2 });
  });

  test("reserved bits are ignored and sent as zero", () => {
    const status = bits(u8, { error: flag(2) });
    expect(read(status, "fb")).toEqual({ error: false });
    expect(write(status, { error: true })).toEqual(hex("04"));
  });

  test("the uppermost bit of a word is no sign", () => {
    const word = bits(u32, { top: uint(31, 1), low: uint(0, 1) });
    expect(write(word, { top: 1, low: 1 })).toEqual(hex("01 00 00 80"));
    expect(read(word, "01 00 00 80")).toEqual({ top: 1, low: 1 });
  });

  test("a value that does not fit its part is a bug", () => {
    expect(() => write(field, { n: 16_384, index: 0 })).toThrow(/n = 16384/);
    expect(() => write(field, { n: 0, index: -1 })).toThrow(RangeError);
    expect(() => write(field, { n: 0.5, index: 0 })).toThrow(RangeError);
  });

  test("a layout that contradicts itself cannot be declared", () => {
    expect(() => bits(u8, { a: uint(0, 4), b: flag(3) })).toThrow(/overlaps/);
    expect(() => bits(u8, { a: uint(6, 3) })).toThrow(/no room/);
  });
});

test("byte fields keep their order and insist on their size", () => {
  expect(write(bytes(3), hex("01 02 03"))).toEqual(hex("01 02 03"));
  expect(read(bytes(3), "01 02 03")).toEqual(hex("01 02 03"));
  expect(() => write(bytes(3), hex("01 02"))).toThrow(RangeError);
});
