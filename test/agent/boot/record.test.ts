import { expect, test } from "vitest";
import { crc32 } from "#agent/boot/crc32.ts";
import {
  type BootRecord,
  decodeRecord,
  encodeRecord,
  entryOf,
  isNewer,
  NO_ENTRY,
  RECORD_BYTES,
} from "#agent/boot/record.ts";
import { hex } from "../../hex.ts";

const record: BootRecord = {
  sequence: 0x0102_0304,
  active: 1,
  pending: 0,
  attemptsLeft: 2,
  attemptsMax: 3,
  bankStates: ["ready", "confirmed"],
  securityCounter: 0xdead_beef,
  lastReason: "attemptsExhausted",
  banks: [
    { version: "1.2.772+84281096", hashPrefix: 0x0011_2233_4455_6677n },
    { version: "255.0.65535+4294967295", hashPrefix: 0xffee_ddcc_bbaa_9988n },
  ],
  updateId: 7,
};

/** Laid out by hand from boot-and-flash §3.1; the CRC by zlib. */
const bytes = hex(`46 42 52 31  01 00 01 00  04 03 02 01  02 03 02 03  ef be ad de  02 00 00 00
  01 02 04 03 08 07 06 05  00 11 22 33 44 55 66 77
  ff 00 ff ff ff ff ff ff  ff ee dd cc bb aa 99 88  07 00 00 00  b1 46 bb 7b`);

/** The record with some bytes changed, its CRC made good again. */
function forged(changes: Readonly<Record<number, number>>): Uint8Array {
  const copy = bytes.slice();
  for (const [at, value] of Object.entries(changes)) copy[Number(at)] = value;
  new DataView(copy.buffer).setUint32(60, crc32(copy.subarray(0, 60)), true);
  return copy;
}

test("CRC-32 of the check string", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf4_3926);
});

test("a record and its bytes, both ways", () => {
  expect(encodeRecord(record)).toEqual(bytes);
  expect(decodeRecord(bytes)).toEqual(record);
  const idle: BootRecord = {
    ...record,
    active: 0,
    pending: undefined,
    banks: [NO_ENTRY, NO_ENTRY],
  };
  expect(decodeRecord(encodeRecord(idle))).toEqual(idle);
});

test("no truncation, no single flipped bit, no blank is a record", () => {
  for (let length = 0; length < RECORD_BYTES; length++) {
    expect(decodeRecord(bytes.subarray(0, length))).toBeUndefined();
  }
  for (let bit = 0; bit < 8 * RECORD_BYTES; bit++) {
    const rotten = bytes.slice();
    rotten[bit >> 3] = (rotten[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(decodeRecord(rotten)).toBeUndefined();
  }
  expect(decodeRecord(new Uint8Array(RECORD_BYTES).fill(0xff))).toBeUndefined();
  expect(decodeRecord(new Uint8Array(RECORD_BYTES))).toBeUndefined();
  expect(decodeRecord(forged({}))).toEqual(record);
});

test.each([
  ["another magic", { 0: 0x47 }],
  ["a newer format", { 4: 2 }],
  ["no such active bank", { 6: 2 }],
  ["no such pending bank", { 7: 3 }],
  ["the active bank pending", { 7: 1 }],
  ["no such bank state", { 14: 5 }],
  ["no such reason", { 20: 7 }],
])("a whole record with %s is refused", (_, changes) => {
  expect(decodeRecord(forged(changes))).toBeUndefined();
});

test("versions compare by number; one of another form is the lowest", () => {
  const isNewerThan = (a: string, b: string) => isNewer({ version: a }, { version: b });
  expect(isNewerThan("1.10.0+0", "1.9.9+9")).toBe(true);
  expect(isNewerThan("1.2.3+4", "1.2.3+4")).toBe(false);
  expect(isNewerThan("1.2.3+5", "1.2.3+4")).toBe(true);
  expect(isNewerThan("2.0.0", "1.255.65535+9")).toBe(true);
  expect(isNewerThan("0.0.1", "nightly")).toBe(true);
});

test("an entry keeps the first eight bytes of the hash", () => {
  const hash = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
  expect(entryOf({ version: "1.0.0+0", hash }).hashPrefix).toBe(0x0102_0304_0506_0708n);
});
