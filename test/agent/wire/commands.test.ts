import { describe, expect, test } from "vitest";
import { CommandSet } from "#agent/wire/commands.ts";
import { bits, flag, perBit, rest, u8, u16, u24, uint, when } from "#agent/wire/fields.ts";
import { hex } from "../../hex.ts";

const set = new CommandSet({
  Ping: { cid: 0x00, fields: {} },
  Count: { cid: 0x01, fields: { count: u16 } },
  Answer: {
    cid: 0x02,
    fields: {
      status: bits(u8, { id: uint(0, 2), error: flag(2) }),
      delay: when((status) => (status & 4) === 0, u24),
    },
  },
  List: {
    cid: 0x03,
    fields: { mask: u8, items: perBit(0x0f, { id: u8, address: u16 }), tail: u8 },
  },
  Data: { cid: 0x08, alone: true, fields: { data: rest } },
});

describe("decoding", () => {
  test("commands come one after the other", () => {
    expect(set.decode(hex("00 01 34 12 00"))).toEqual([
      { ok: true, command: { name: "Ping" } },
      { ok: true, command: { name: "Count", count: 0x1234 } },
      { ok: true, command: { name: "Ping" } },
    ]);
  });

  test("nothing is nothing", () => {
    expect(set.decode(hex(""))).toEqual([]);
  });

  test("an unknown command hides what follows, not what went before", () => {
    expect(set.decode(hex("00 7f 00"))).toEqual([
      { ok: true, command: { name: "Ping" } },
      { ok: false, reason: "unknownCommand", at: 1 },
    ]);
  });

  test("so does a truncated one", () => {
    expect(set.decode(hex("00 01 34"))).toEqual([
      { ok: true, command: { name: "Ping" } },
      { ok: false, reason: "truncated", at: 1 },
    ]);
  });

  test("a command that must be alone is refused behind another", () => {
    expect(set.decode(hex("08 01"))).toEqual([
      { ok: true, command: { name: "Data", data: hex("01") } },
    ]);
    expect(set.decode(hex("00 08 01"))).toEqual([
      { ok: true, command: { name: "Ping" } },
      { ok: false, reason: "notAlone", at: 1 },
    ]);
  });

  test("a payload may be part of a larger buffer", () => {
    const frame = hex("ff 01 34 12 ff");
    expect(set.decode(frame.subarray(1, 4))).toEqual([
      { ok: true, command: { name: "Count", count: 0x1234 } },
    ]);
  });
});

describe("a conditional field", () => {
  test.each([
    { text: "02 01 2c 01 00", command: { status: { id: 1, error: false }, delay: 300 } },
    { text: "02 05", command: { status: { id: 1, error: true } } },
  ])("$text", ({ text, command }) => {
    expect(set.encode({ name: "Answer", ...command })).toEqual(hex(text));
    expect(set.decode(hex(text))).toEqual([{ ok: true, command: { name: "Answer", ...command } }]);
  });

  test("truncated where it should be", () => {
    for (const text of ["02", "02 01", "02 01 2c", "02 01 2c 01"]) {
      expect(set.decode(hex(text))).toEqual([{ ok: false, reason: "truncated", at: 0 }]);
    }
  });

  test("is there exactly if its condition holds: anything else is a bug", () => {
    const missing = { name: "Answer", status: { id: 1, error: false } } as const;
    const extra = { name: "Answer", status: { id: 1, error: true }, delay: 1 } as const;
    expect(() => set.encode(missing)).toThrow(RangeError);
    expect(() => set.encode(extra)).toThrow(RangeError);
  });
});

describe("records counted by a mask", () => {
  const items = [
    { id: 0, address: 0x1111 },
    { id: 3, address: 0x2222 },
  ];

  test.each([
    { text: "03 f0 99", mask: 0xf0, items: [] },
    { text: "03 09 00 11 11 03 22 22 99", mask: 0x09, items },
  ])("$text", ({ text, mask, items }) => {
    const command = { name: "List", mask, items, tail: 0x99 } as const;
    expect(set.encode(command)).toEqual(hex(text));
    expect(set.decode(hex(text))).toEqual([{ ok: true, command }]);
  });

  test("too few or too many is a bug", () => {
    expect(() => set.encode({ name: "List", mask: 1, items, tail: 0 })).toThrow(RangeError);
    expect(() => set.encode({ name: "List", mask: 1, items: [], tail: 0 })).toThrow(RangeError);
  });
});

describe("a broadcast is decoded once", () => {
  test("the same object gives the same result, an equal one a new result", () => {
    const payload = hex("01 34 12");
    const first = set.decodeShared(payload);
    expect(set.decodeShared(payload)).toBe(first);
    const second = set.decodeShared(hex("01 34 12"));
    expect(second).not.toBe(first);
    expect(second).toEqual(first);
  });

  test("malformed payloads too", () => {
    expect(set.decodeShared(hex("01"))).toEqual([{ ok: false, reason: "truncated", at: 0 }]);
    expect(set.decodeShared(hex(""))).toEqual([]);
  });
});

describe("encoding", () => {
  test("results do not share memory", () => {
    const first = set.encode({ name: "Count", count: 1 });
    set.encode({ name: "Count", count: 2 });
    expect(first).toEqual(hex("01 01 00"));
  });

  test("a command longer than a frame is a bug", () => {
    const command = { name: "Data", data: new Uint8Array(254) } as const;
    expect(set.encode(command)).toHaveLength(255);
    expect(() => set.encode({ name: "Data", data: new Uint8Array(255) })).toThrow(RangeError);
  });

  test("two commands with one identifier cannot be declared", () => {
    const twins = { A: { cid: 1, fields: {} }, B: { cid: 1, fields: {} } };
    expect(() => new CommandSet(twins)).toThrow(/duplicate CID/);
  });

  test("nor a command whose first field depends on the first byte", () => {
    const table = { A: { cid: 1, fields: { value: when(() => true, u8) } } };
    expect(() => new CommandSet(table)).toThrow(/cannot be the first/);
  });
});
