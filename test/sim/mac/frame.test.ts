import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DataHeader, fullFCnt, layOutData, parsePhyPayload } from "#sim/mac/frame.ts";
import { hex } from "../../hex.ts";

const header: DataHeader = {
  direction: "down",
  confirmed: false,
  devAddr: 0x01020304,
  adr: false,
  adrAckReq: false,
  ack: false,
  fPending: false,
  fPort: 5,
};

test.each([
  ["no byte at all", "", "length"],
  ["another major version", "61 04 03 02 01 00 00 00 00 00 00 00", "majorVersion"],
  ["a rejoin request", "c0 00 00 00", "messageType"],
  ["a proprietary frame", "e0 01 02 03 04 05", "messageType"],
  ["a join request one byte short", `00${" 00".repeat(21)}`, "length"],
  ["a join accept of an odd length", `20${" 00".repeat(17)}`, "length"],
  ["a data frame without a whole FHDR", "60 04 03 02 01 00 00 00 00 00 00", "length"],
  ["FOpts beyond the end", "60 04 03 02 01 02 00 00 aa 00 00 00 00", "length"],
  ["FOpts beside port 0", "60 04 03 02 01 01 00 00 06 00 06 00 00 00 00", "fOptsBesidePort0"],
])("rejected: %s", (_, bytes, reason) => {
  expect(parsePhyPayload(hex(bytes))).toEqual({ type: "rejected", reason });
});

test("fields land where TS001 puts them", () => {
  const frame = parsePhyPayload(hex("a0 04 03 02 01 f1 34 12 06 c9 aa bb 00 00 00 00"));
  expect(frame).toEqual({
    ...header,
    type: "data",
    confirmed: true,
    adr: true,
    adrAckReq: true,
    ack: true,
    fPending: true,
    fCntLow: 0x1234,
    fPort: 201,
    fOpts: hex("06"),
    frmPayload: hex("aa bb"),
  });
});

test("a frame may end before its port, or right after it", () => {
  const bare = layOutData({ ...header, fPort: undefined }, 1, hex(""), hex(""));
  expect(bare.length).toBe(12);
  expect(parsePhyPayload(bare)).toMatchObject({ fPort: undefined, frmPayload: hex("") });
  const empty = layOutData(header, 1, hex(""), hex(""));
  expect(parsePhyPayload(empty)).toMatchObject({ fPort: 5, frmPayload: hex("") });
});

test("every header survives bytes and back, and no truncation of it throws", () => {
  fc.assert(
    fc.property(
      fc.record({
        direction: fc.constantFrom("up" as const, "down" as const),
        confirmed: fc.boolean(),
        devAddr: fc.nat(0xffff_ffff),
        adr: fc.boolean(),
        adrAckReq: fc.boolean(),
        ack: fc.boolean(),
        fPending: fc.boolean(),
        fPort: fc.integer({ min: 1, max: 255 }),
      }),
      fc.nat(0xffff_ffff),
      fc.uint8Array({ maxLength: 15 }),
      fc.uint8Array({ maxLength: 242 }),
      (fields, fCnt, fOpts, frmPayload) => {
        const phy = layOutData(fields, fCnt, fOpts, frmPayload);
        const fCntLow = fCnt % 65_536;
        expect(parsePhyPayload(phy)).toEqual({
          type: "data",
          ...fields,
          fCntLow,
          fOpts,
          frmPayload,
        });
        for (let length = 0; length < phy.length; length++) {
          const type = parsePhyPayload(phy.subarray(0, length)).type;
          expect(type).toBe(length < 12 + fOpts.length ? "rejected" : "data");
        }
      },
    ),
    { numRuns: 50, seed: 1 },
  );
});

test("any bytes at all are a value", () => {
  const types = new Set<string>();
  fc.assert(
    fc.property(
      fc.constantFrom(0x00, 0x20, 0x40, 0x60, 0x80, 0xa0, 0xc0, 0xe0, 0x61, 0x7c),
      fc.uint8Array({ maxLength: 60, size: "max" }),
      (mhdr, bytes) => {
        types.add(parsePhyPayload(Uint8Array.of(mhdr, ...bytes)).type);
      },
    ),
    { numRuns: 5000, seed: 1 },
  );
  expect([...types].sort()).toEqual(["data", "joinAccept", "joinRequest", "rejected"]);
});

test("what does not fit a frame is a bug of the sender", () => {
  expect(() => layOutData(header, 0, new Uint8Array(16), hex(""))).toThrow(RangeError);
  expect(() => layOutData({ ...header, fPort: 0 }, 0, hex("06"), hex(""))).toThrow(RangeError);
  expect(() => layOutData({ ...header, fPort: 256 }, 0, hex(""), hex(""))).toThrow(RangeError);
  expect(() => layOutData({ ...header, fPort: undefined }, 0, hex(""), hex("01"))).toThrow(
    RangeError,
  );
});

describe("the full frame counter", () => {
  test.each([
    [0, 0, 0],
    [0, 65_535, 65_535],
    [1, 0, 65_536],
    [65_535, 65_535, 65_535],
    [65_536, 0, 65_536],
    [65_536, 65_535, 131_071],
    [0x1234_5678, 0x5678, 0x1234_5678],
    [0x1234_5679, 0x5678, 0x1235_5678],
    [0xffff_fff0, 0xffff, 0xffff_ffff],
    [0xffff_fff0, 0xffef, undefined],
    [0x1_0000_0000, 0, undefined],
  ])("at least %i, low bits %i: %s", (atLeast, low, full) => {
    expect(fullFCnt(atLeast, low)).toBe(full);
  });
});
