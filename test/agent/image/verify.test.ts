import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeImage } from "#agent/image/make.ts";
import { type ImagePolicy, verifyImage } from "#agent/image/verify.ts";
import { hex } from "../../hex.ts";
import {
  area,
  CountingReader,
  crypto,
  type Entry,
  ed25519,
  p256,
  payloadOf,
  policy,
  type RawImage,
  rawImage,
  u32,
  verdictText,
  verify,
} from "./raw-image.ts";

const PROTECTED = 0x6908;
const counter = (value: number): Entry => [0x50, u32(value)];
const sha = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest();

const uuid = (byte: number) => new Uint8Array(16).fill(byte);

describe("accepted", () => {
  test.each<[string, RawImage, Partial<ImagePolicy>]>([
    [
      "a security counter equal to the device's",
      { protectedArea: area(PROTECTED, [counter(7)]) },
      { securityCounterMin: 7 },
    ],
    [
      "the largest security counter",
      { protectedArea: area(PROTECTED, [counter(0xffff_ffff)]) },
      { securityCounterMin: 0xffff_ffff },
    ],
    ["built for this bank", { flags: 0x100, loadAddress: 0x2_0000 }, { bankAddress: 0x2_0000 }],
    ["built for an address, on a device that remaps", { flags: 0x100, loadAddress: 0x2_0000 }, {}],
    [
      "the device's vendor and class",
      {
        protectedArea: area(PROTECTED, [
          [0x74, uuid(1)],
          [0x75, uuid(2)],
        ]),
      },
      { vendorId: uuid(1), classId: uuid(2) },
    ],
    [
      "a vendor, on a device that has none",
      { protectedArea: area(PROTECTED, [[0x74, uuid(1)]]) },
      {},
    ],
    [
      "dependencies, which one image cannot check",
      {
        protectedArea: area(PROTECTED, [
          [0x40, new Uint8Array(12)],
          [0x40, new Uint8Array(12)],
        ]),
      },
      {},
    ],
    [
      "a protected type of somebody's own",
      { protectedArea: area(PROTECTED, [[0xfea0, [1, 2]]]) },
      {},
    ],
    ["an empty protected area", { protectedArea: area(PROTECTED, []) }, {}],
    ["a blank rest", { rest: new Uint8Array(70_000).fill(0xff) }, {}],
    [
      "a rest that a bootloader does not look at",
      { rest: new Uint8Array(5) },
      { ignoresRestOfSlot: true },
    ],
  ])("%s", (_, image, changes) => {
    expect(verdictText(rawImage(image), changes)).toBe("ok");
  });
});

/** One of each form. */
const good: readonly (readonly [string, Uint8Array])[] = [
  ["Ed25519", rawImage({ protectedArea: area(PROTECTED, [counter(7)]) })],
  ["P-256", rawImage({ signer: p256 })],
  [
    "pure Ed25519",
    rawImage({
      entries: ({ keyHash: _, covered }) => [
        [0x12, sha("sha512", covered)],
        [0x25, [1]],
        [
          0x01,
          sha(
            "sha512",
            Buffer.concat([hex("30 2a 30 05 06 03 2b 65 70 03 21 00"), ed25519.publicKey.bytes]),
          ),
        ],
        [0x24, ed25519.sign(covered)],
      ],
    }),
  ],
];

describe.each(good)("%s, byte by byte", (_, image) => {
  test("the image is good", () => expect(verdictText(image)).toBe("ok"));

  test("every truncation is refused", () => {
    for (let length = 0; length < image.length; length++) {
      expect(verify(image.slice(0, length)).ok).toBe(false);
    }
  });

  test("every truncation in a blank slot is refused", () => {
    for (let length = 0; length < image.length; length++) {
      const slot = new Uint8Array(512).fill(0xff);
      slot.set(image.subarray(0, length));
      const end = image.subarray(length).findIndex((byte) => byte !== 0xff);
      expect(verify(slot).ok).toBe(end < 0);
    }
  });

  test("every flipped bit, and every inverted byte, is refused: the format covers all of them", () => {
    for (let at = 0; at < image.length; at++) {
      for (const mask of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
        const bad = image.slice();
        bad[at] = (bad[at] ?? 0) ^ mask;
        expect(`${at} ^ ${mask}: ${verify(bad).ok}`).toBe(`${at} ^ ${mask}: false`);
      }
    }
  });

  test("a flipped bit in the rest of the slot is refused unless nobody looks there", () => {
    const slot = new Uint8Array(image.length + 24).fill(0xff);
    slot.set(image);
    for (let at = image.length; at < slot.length; at++) {
      const bad = slot.slice();
      bad[at] = 0xfe;
      expect(verify(bad).ok).toBe(false);
      expect(verify(bad, { ignoresRestOfSlot: true })).toEqual(verify(slot));
    }
  });
});

describe("reads", () => {
  const sizes = [0, 1, 16_351, 16_352, 16_353, 50_000];

  test.each(sizes)("each byte once, in pieces of at most 16 KiB; payload of %i bytes", (size) => {
    const image = makeImage(
      payloadOf(size),
      { version: "1.0.0", securityCounter: 3 },
      ed25519,
      crypto,
    );
    const slot = new Uint8Array(image.length + 40_001).fill(0xff);
    slot.set(image);
    const reader = new CountingReader(slot);
    expect(verifyImage(reader, policy, crypto)).toMatchObject({ ok: true });
    expect(reader.reads.subarray(0, slot.length - 16).every((count) => count === 1)).toBe(true);
    expect(reader.readMaxBytes).toBeLessThanOrEqual(16_384);
  });

  test.each(sizes)("ECDSA reads each byte once too; payload of %i bytes", (size) => {
    const image = makeImage(payloadOf(size), { version: "1.0.0" }, p256, crypto);
    const reader = new CountingReader(image);
    expect(verifyImage(reader, policy, crypto)).toMatchObject({ ok: true });
    expect(reader.reads.every((count) => count === 1)).toBe(true);
  });

  test("a header alone decides before anything else is read", () => {
    const reader = new CountingReader(rawImage({ flags: 0x10 }));
    expect(verifyImage(reader, policy, crypto).ok).toBe(false);
    expect(reader.reads.subarray(32).every((count) => count === 0)).toBe(true);
  });

  test("what the flash throws passes through", () => {
    const fault = new Error("sick cell");
    const sick = {
      sizeBytes: 100,
      read: () => {
        throw fault;
      },
    };
    expect(() => verifyImage(sick, policy, crypto)).toThrow(fault);
  });
});

describe("fuzz", () => {
  test("bytes that begin like an image never throw, never read outside, never verify", () => {
    const bytes = fc
      .tuple(
        fc.record({
          headerBytes: fc.integer({ min: 0, max: 80 }),
          protectedBytes: fc.integer({ min: 0, max: 40 }),
          payloadBytes: fc.oneof(
            fc.integer({ min: 0, max: 80 }),
            fc.integer({ min: 0, max: 0xffff_ffff }),
          ),
        }),
        fc.uint8Array({ maxLength: 300 }),
      )
      .map(([sizes, tail]) => rawImage({ ...sizes, payload: tail, area: () => new Uint8Array(0) }));
    fc.assert(
      fc.property(bytes, (image) => !verify(image).ok),
      { seed: 1, numRuns: 3000 },
    );
  });

  test("TLV areas of any content never throw and never verify without the key", () => {
    const entry = fc.tuple(
      fc.constantFrom(
        0x01,
        0x02,
        0x10,
        0x11,
        0x12,
        0x20,
        0x22,
        0x24,
        0x25,
        0x32,
        0x40,
        0x50,
        0x74,
        0xa0,
      ),
      fc.oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom(1, 4, 12, 16, 32, 64).map((length) => new Uint8Array(length)),
      ),
    );
    const entries = fc.array(entry, { maxLength: 6 });
    fc.assert(
      fc.property(entries, entries, (inside, outside) => {
        const protectedArea = area(PROTECTED, inside);
        return !verify(rawImage({ protectedArea, entries: () => outside })).ok;
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  test("an image in which several bytes changed verifies only as itself", () => {
    const image = rawImage({ protectedArea: area(PROTECTED, [counter(7)]) });
    const changes = fc.array(fc.tuple(fc.nat(image.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(changes, (edits) => {
        const changed = image.slice();
        for (const [at, value] of edits) changed[at] = value;
        return verify(changed).ok === (Buffer.compare(changed, image) === 0);
      }),
      { seed: 3, numRuns: 3000 },
    );
  });
});
