import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DrogueCommand,
  type DrogueStatus,
  drogueCommand,
  drogueStatus,
} from "#agent/pull/drogue.wire.ts";
import { type CborItem, decodeCbor, encodeCbor } from "#agent/wire/cbor.ts";

/* Bytes printed by serde_cbor 0.11.2 from the types of embedded-update 0.6.1. */

const text = (version: string) => new TextEncoder().encode(version);
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const none = undefined;

interface Row<T> {
  readonly what: string;
  readonly value: T;
  readonly packed: string;
  readonly named: string;
}

const statuses: readonly Row<DrogueStatus>[] = [
  {
    what: "a first status",
    value: { version: text("0.1.0"), mtu: 512, correlationId: none, update: none },
    packed: "a40045302e312e300119020002f603f6",
    named:
      "a46776657273696f6e45302e312e30636d74751902006e636f7272656c6174696f6e5f6964f666757064617465f6",
  },
  {
    what: "a status within a download",
    value: {
      version: text("0.1.0"),
      mtu: 4096,
      correlationId: 0xffff_fffe,
      update: { version: text("0.1.1"), offset: 70_000 },
    },
    packed: "a40045302e312e3001191000021afffffffe03a20045302e312e31011a00011170",
    named:
      "a46776657273696f6e45302e312e30636d74751910006e636f7272656c6174696f6e5f69641afffffffe66757064617465a26776657273696f6e45302e312e31666f66667365741a00011170",
  },
  {
    what: "a status of an empty version",
    value: { version: text(""), mtu: none, correlationId: 7, update: none },
    packed: "a4004001f6020703f6",
    named: "a46776657273696f6e40636d7475f66e636f7272656c6174696f6e5f69640766757064617465f6",
  },
];

const commands: readonly Row<DrogueCommand>[] = [
  {
    what: "Wait",
    value: { name: "Wait", correlationId: none, poll: 300 },
    packed: "a100a200f60119012c",
    named: "a16457616974a26e636f7272656c6174696f6e5f6964f664706f6c6c19012c",
  },
  {
    what: "Wait, nobody knows how long",
    value: { name: "Wait", correlationId: none, poll: none },
    packed: "a100a200f601f6",
    named: "a16457616974a26e636f7272656c6174696f6e5f6964f664706f6c6cf6",
  },
  {
    what: "Wait of small numbers",
    value: { name: "Wait", correlationId: 23, poll: 24 },
    packed: "a100a20017011818",
    named: "a16457616974a26e636f7272656c6174696f6e5f69641764706f6c6c1818",
  },
  {
    what: "Sync",
    value: { name: "Sync", version: text("0.1.0"), correlationId: 1, poll: 300 },
    packed: "a101a30045302e312e3001010219012c",
    named:
      "a16453796e63a36776657273696f6e45302e312e306e636f7272656c6174696f6e5f69640164706f6c6c19012c",
  },
  {
    what: "Write",
    value: {
      name: "Write",
      version: text("0.1.1"),
      correlationId: none,
      offset: 0,
      data: text("hello"),
    },
    packed: "a102a40045302e312e3101f60200034568656c6c6f",
    named:
      "a1655772697465a46776657273696f6e45302e312e316e636f7272656c6174696f6e5f6964f6666f66667365740064646174614568656c6c6f",
  },
  {
    what: "Swap",
    value: {
      name: "Swap",
      version: text("0.1.1"),
      correlationId: none,
      checksum: bytesOf("deadbeef"),
    },
    packed: "a103a30045302e312e3101f60244deadbeef",
    named:
      "a16453776170a36776657273696f6e45302e312e316e636f7272656c6174696f6e5f6964f668636865636b73756d44deadbeef",
  },
  {
    what: "Swap without a checksum",
    value: { name: "Swap", version: text("0.1.1"), correlationId: 65_535, checksum: text("") },
    packed: "a103a30045302e312e310119ffff0240",
    named:
      "a16453776170a36776657273696f6e45302e312e316e636f7272656c6174696f6e5f696419ffff68636865636b73756d40",
  },
];

function both<T>(item: CborItem<T>, rows: readonly Row<T>[]): void {
  for (const spelling of ["packed", "named"] as const) {
    test.each(rows)(`$what, ${spelling}: both ways`, (row) => {
      const bytes = bytesOf(row[spelling]);
      expect(hexOf(encodeCbor(item, row.value, spelling))).toBe(row[spelling]);
      expect(decodeCbor(item, bytes)).toEqual({ ok: true, value: row.value });
    });
    test.each(rows)(`$what, ${spelling}: nothing shorter or longer is one`, (row) => {
      const bytes = bytesOf(row[spelling]);
      for (let length = 0; length < bytes.length; length++) {
        expect(decodeCbor(item, bytes.subarray(0, length)).ok).toBe(false);
      }
      expect(decodeCbor(item, Uint8Array.of(...bytes, 0)).ok).toBe(false);
    });
  }
}

describe("Status", () => both(drogueStatus, statuses));
describe("Command", () => both(drogueCommand, commands));

describe("a status that serde_cbor reads as well", () => {
  const same = { version: text("a"), mtu: 8, correlationId: none, update: none };
  test.each([
    ["fields left out", "a20041610108"],
    ["fields in another order", "a4010800416102f603f6"],
    ["names that nobody knows", "a36776657273696f6e4161636d7475086373746182f6fb3ff0000000000000"],
    ["numbers that nobody knows", "a3004161010818631863"],
    ["in a list", "84416108f6f6"],
    ["a map of no told length", "bf0041610108ff"],
  ])("%s", (_, hex) => {
    expect(decodeCbor(drogueStatus, bytesOf(hex))).toEqual({ ok: true, value: same });
  });
});

describe("what is no status", () => {
  test.each([
    ["nothing", "", "ends too early"],
    ["an empty map", "a0", "no version"],
    ["a version as text", "a1006161", "no byte string in one piece"],
    ["a version in pieces", "a1005f4161ff", "no byte string in one piece"],
    ["a field twice", "a2004161004161", "version twice"],
    ["undefined", "a200416101f7", "no unsigned number"],
    ["a number of 33 bits", "a2004161011b0000000100000000", "a number that is too large"],
    ["a negative number", "a20041610120", "no unsigned number"],
    ["a short list", "83416108f6", "a list of other length"],
    ["a long list", "85416108f6f6f6", "a list of other length"],
    ["more than there is", "a1005affffffff00", "ends too early"],
    ["a map of 4 billion entries", "baffffffff", "ends too early"],
    ["nested too deep", `a20041611863${"81".repeat(20)}00`, "nested too deep"],
    ["a key of another kind", "a14161f6", "a key that is neither name nor number"],
    ["a head that means nothing", "bc", "a head that means nothing"],
    ["a break too many", "a200416118ffff", "a break that ends nothing"],
    ["a number", "00", "neither a map nor a list"],
  ])("%s", (_, hex, problem) => {
    expect(decodeCbor(drogueStatus, bytesOf(hex))).toMatchObject({ ok: false, problem });
  });
});

test.each([
  ["no variant", "a0", "no variant"],
  ["two variants", "a200a200f601f600a200f601f6", "two variants"],
  ["a variant of tomorrow", "a104a0", "an unknown variant"],
  ["one in small letters, as documents have it", "a16473796e63a0", "an unknown variant"],
  ["in a list", "81a200f601f6", "no variant"],
])("a command: %s", (_, hex, problem) => {
  expect(decodeCbor(drogueCommand, bytesOf(hex))).toMatchObject({ ok: false, problem });
});

describe("bytes from anybody", () => {
  const items = [drogueStatus, drogueCommand] as readonly CborItem<unknown>[];

  test("any bytes at all: a value or a problem, never more", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const item of items) expect(typeof decodeCbor(item, bytes).ok).toBe("boolean");
      }),
      { numRuns: 2000 },
    );
  });

  test("a message with some bytes wrong: what is read can be written and read again", () => {
    const wire = [...statuses, ...commands].flatMap(({ packed, named }) => [packed, named]);
    const spoilt = fc.tuple(
      fc.constantFrom(...wire),
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(spoilt, ([hex, changes]) => {
        const bytes = bytesOf(hex);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        for (const item of items) {
          const decoded = decodeCbor(item, bytes);
          if (!decoded.ok) continue;
          const again = decodeCbor(item, encodeCbor(item, decoded.value, "packed"));
          expect(again).toEqual(decoded);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

test("a number that does not fit is a bug", () => {
  const value = { version: text("a"), mtu: 2 ** 32, correlationId: none, update: none };
  expect(() => encodeCbor(drogueStatus, value, "packed")).toThrow(RangeError);
});
