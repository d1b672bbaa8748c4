import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DrogueCommand,
  type DrogueStatus,
  drogueCommand,
  drogueStatus,
} from "#agent/pull/drogue.wire.ts";
import type { CborItem } from "#agent/wire/cbor.ts";
import { decodePostcard, encodePostcard } from "#agent/wire/postcard.ts";

/* Bytes printed by postcard 1.0.2 from the types of embedded-update 0.8.0; refusals are its own, too. */

const text = (version: string) => new TextEncoder().encode(version);
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const none = undefined;

interface Row<T> {
  readonly what: string;
  readonly value: T;
  readonly hex: string;
}

const statuses: readonly Row<DrogueStatus>[] = [
  {
    what: "a first status",
    value: { version: text("0.1.0"), mtu: 512, correlationId: none, update: none },
    hex: "05302e312e300180040000",
  },
  {
    what: "a status within a download",
    value: {
      version: text("0.1.0"),
      mtu: 4096,
      correlationId: 0xffff_fffe,
      update: { version: text("0.1.1"), offset: 70_000 },
    },
    hex: "05302e312e3001802001feffffff0f0105302e312e31f0a204",
  },
  {
    what: "a status of an empty version",
    value: { version: text(""), mtu: none, correlationId: 7, update: none },
    hex: "0000010700",
  },
];

const hello = { name: "Write", version: text("0.1.1"), correlationId: none } as const;
const commands: readonly Row<DrogueCommand>[] = [
  { what: "Wait", value: { name: "Wait", correlationId: none, poll: 300 }, hex: "000001ac02" },
  {
    what: "Wait, nobody knows how long",
    value: { name: "Wait", correlationId: none, poll: none },
    hex: "000000",
  },
  {
    what: "Wait of small numbers",
    value: { name: "Wait", correlationId: 23, poll: 24 },
    hex: "0001170118",
  },
  {
    what: "Sync",
    value: { name: "Sync", version: text("0.1.0"), correlationId: 1, poll: 300 },
    hex: "0105302e312e30010101ac02",
  },
  {
    what: "Sync that says nothing else",
    value: { name: "Sync", version: text("0.1.0"), correlationId: none, poll: none },
    hex: "0105302e312e300000",
  },
  {
    what: "Write",
    value: { ...hello, offset: 0, data: text("hello") },
    hex: "0205302e312e3100000568656c6c6f",
  },
  {
    what: "Write of the largest numbers and of nothing",
    value: {
      name: "Write",
      version: text(""),
      correlationId: 0xffff_ffff,
      offset: 0xffff_ffff,
      data: text(""),
    },
    hex: "020001ffffffff0fffffffff0f00",
  },
  {
    what: "Write of a length of two bytes",
    value: { ...hello, correlationId: 128, offset: 968, data: new Uint8Array(200).fill(0x5a) },
    hex: `0205302e312e31018001c807c801${"5a".repeat(200)}`,
  },
  {
    what: "Swap",
    value: { ...hello, name: "Swap", checksum: bytesOf("deadbeef") },
    hex: "0305302e312e310004deadbeef",
  },
  {
    what: "Swap without a checksum",
    value: { ...hello, name: "Swap", correlationId: 127, checksum: text("") },
    hex: "0305302e312e31017f00",
  },
];

function both<T>(item: CborItem<T>, rows: readonly Row<T>[]): void {
  test.each(rows)("$what: both ways, and whatever fills the frame", ({ value, hex }) => {
    expect(hexOf(encodePostcard(item, value))).toBe(hex);
    for (const rest of ["", "00", "ff".repeat(9)]) {
      expect(decodePostcard(item, bytesOf(hex + rest))).toEqual({ ok: true, value });
    }
  });
  test.each(rows)("$what: nothing shorter is one", ({ hex }) => {
    const bytes = bytesOf(hex);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodePostcard(item, bytes.subarray(0, length)).ok).toBe(false);
    }
  });
}

describe("Status", () => both(drogueStatus, statuses));
describe("Command", () => both(drogueCommand, commands));

describe("what is no status", () => {
  test.each([
    ["nothing", "", "it ends too early"],
    ["a version longer than the rest", "8500302e312e30", "it ends too early"],
    ["a version of 4 GiB", "ffffffff0f", "it ends too early"],
    ["a number of six bytes", "0130018080808080010000", "a number of more than 5 bytes"],
    ["a number of 33 bits", "01300180808080100000", "a number that is too large"],
    ["neither there nor not", "013002000000", "neither there nor not"],
  ])("%s", (_, hex, problem) => {
    expect(decodePostcard(drogueStatus, bytesOf(hex))).toMatchObject({ ok: false, problem });
  });

  test("a number with more bytes than it needs is one all the same", () => {
    expect(decodePostcard(drogueStatus, bytesOf("01300180000000"))).toMatchObject({
      ok: true,
      value: { mtu: 0 },
    });
    expect(decodePostcard(drogueCommand, bytesOf("8000000000"))).toMatchObject({
      ok: true,
      value: { name: "Wait" },
    });
  });
});

test("a command of tomorrow", () => {
  const problem = "an unknown variant";
  expect(decodePostcard(drogueCommand, bytesOf("04"))).toMatchObject({ ok: false, problem });
});

test("bytes from anybody: a problem, or what can be written and read again", () => {
  const items = [drogueStatus, drogueCommand] as readonly CborItem<unknown>[];
  const wire = [...statuses, ...commands].map(({ hex }) => [...bytesOf(hex)]);
  const spoilt = fc
    .tuple(fc.constantFrom(...wire), fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 3 }))
    .map(([bytes, changes]) => {
      const spoiling = Uint8Array.from(bytes);
      for (const [at, byte] of changes) spoiling[at % bytes.length] = byte;
      return spoiling;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), spoilt), (bytes) => {
      for (const item of items) {
        const decoded = decodePostcard(item, bytes);
        if (!decoded.ok) continue;
        expect(decodePostcard(item, encodePostcard(item, decoded.value))).toEqual(decoded);
      }
    }),
    { numRuns: 3000 },
  );
});

test("a number that does not fit is a bug", () => {
  const value = { version: text("a"), mtu: 2 ** 32, correlationId: none, update: none };
  expect(() => encodePostcard(drogueStatus, value)).toThrow(RangeError);
});
