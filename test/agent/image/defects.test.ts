import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { ImagePolicy } from "#agent/image/verify.ts";
import {
  area,
  type Entry,
  ed25519,
  p256,
  type RawImage,
  rawImage,
  stranger,
  u16,
  u32,
  verdictText,
} from "./raw-image.ts";

const PROTECTED = 0x6908;
const counter = (value: number): Entry => [0x50, u32(value)];
const uuid = (byte: number) => new Uint8Array(16).fill(byte);
const sha = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest();

test("the images of the bench are good", () => {
  expect(verdictText(rawImage())).toBe("ok");
  expect(verdictText(rawImage({ signer: p256 }))).toBe("ok");
  expect(verdictText(rawImage({ protectedArea: area(PROTECTED, [counter(7)]) }))).toBe("ok");
});

interface Defect {
  readonly name: string;
  readonly image: RawImage;
  readonly policy?: Partial<ImagePolicy>;
  readonly verdict: string;
}

const structure: readonly Defect[] = [
  {
    name: "another magic",
    image: { magic: 0x96f3b83c },
    verdict: "imageFormat: does not begin with the magic of an MCUboot image",
  },
  {
    name: "header shorter than itself",
    image: { headerBytes: 31 },
    verdict: "imageFormat: claims a header of 31 bytes, at least 32",
  },
  {
    name: "payload longer than the slot",
    image: { payloadBytes: 1000 },
    verdict: "imageFormat: claims at least 1036 bytes, there are 192",
  },
  {
    name: "sizes whose 32-bit sum wraps around to something small",
    image: { payloadBytes: 0xffff_fff0 },
    verdict: "imageFormat: claims at least 4294967316 bytes, there are 192",
  },
  {
    name: "protected area too small for its own header",
    image: { protectedBytes: 3 },
    verdict: "imageFormat: claims protected TLVs of 3 bytes",
  },
  {
    name: "protected area announced and not there",
    image: { protectedBytes: 12 },
    verdict: "imageFormat: no protected TLV area where the header says, at byte 48",
  },
  {
    name: "protected area there and not announced",
    image: { protectedArea: area(PROTECTED, [counter(7)]), protectedBytes: 0 },
    verdict: "imageFormat: no TLV area where the header says, at byte 48",
  },
  {
    name: "protected area of another length than announced",
    image: { protectedArea: area(PROTECTED, [counter(7)], 11), protectedBytes: 12 },
    verdict: "imageFormat: protected TLV area is 11 bytes long, the header says 12",
  },
  {
    name: "entry that reaches out of the protected area",
    image: {
      protectedArea: Uint8Array.from([...u16(PROTECTED), ...u16(12), 0x50, 0, 5, 0, 7, 0, 0, 0]),
    },
    verdict: "imageFormat: TLV at byte 4 of its area is longer than the area",
  },
  {
    name: "no TLV area",
    image: { area: () => new Uint8Array(4) },
    verdict: "imageFormat: no TLV area where the header says, at byte 48",
  },
  {
    name: "TLV area shorter than its header",
    image: { area: () => area(0x6907, [], 3) },
    verdict: "imageFormat: TLV area of 3 bytes",
  },
  {
    name: "TLV area longer than the slot",
    image: { area: () => area(0x6907, [], 0xffff) },
    verdict: "imageFormat: TLV area of 65535 bytes, there are 4",
  },
  {
    name: "TLV area longer than the slot by one byte",
    image: { area: () => area(0x6907, [], 5) },
    verdict: "imageFormat: TLV area of 5 bytes, there are 4",
  },
  {
    name: "TLV area that ends inside the header of an entry",
    image: { area: () => Uint8Array.from([...u16(0x6907), ...u16(7), 0x10, 0, 32]) },
    verdict: "imageFormat: TLV area ends inside the entry at its byte 4",
  },
  {
    name: "entry of 65535 bytes",
    image: { area: () => Uint8Array.from([...u16(0x6907), ...u16(8), 0x10, 0, 0xff, 0xff]) },
    verdict: "imageFormat: TLV at byte 4 of its area is longer than the area",
  },
  {
    name: "empty TLV area",
    image: { entries: () => [] },
    verdict: "imageFormat: carries no hash",
  },
];

const tlvs: readonly Defect[] = [
  {
    name: "no hash",
    image: { entries: ({ keyHash, signature }) => [keyHash, signature] },
    verdict: "imageFormat: carries no hash",
  },
  {
    name: "the hash twice",
    image: { entries: ({ hash, keyHash, signature }) => [hash, keyHash, signature, hash] },
    verdict: "imageFormat: two SHA256 (0x10)",
  },
  {
    name: "two kinds of hash",
    image: {
      entries: ({ hash, keyHash, signature }) => [
        hash,
        [0x12, new Uint8Array(64)],
        keyHash,
        signature,
      ],
    },
    verdict: "imageFormat: SHA256 (0x10) and SHA512 (0x12)",
  },
  {
    name: "a hash of another length",
    image: {
      entries: ({ keyHash, signature }) => [[0x10, new Uint8Array(31)], keyHash, signature],
    },
    verdict: "imageFormat: SHA256 (0x10) of 31 bytes",
  },
  {
    name: "SHA-384",
    image: {
      entries: ({ keyHash, signature }) => [[0x11, new Uint8Array(48)], keyHash, signature],
    },
    verdict: "imageFormat: is hashed with SHA-384, which none of the supported keys uses",
  },
  {
    name: "no signature",
    image: { entries: ({ hash, keyHash }) => [hash, keyHash] },
    verdict: "signature: is not signed",
  },
  {
    name: "the signature twice",
    image: { entries: ({ hash, keyHash, signature }) => [hash, keyHash, signature, signature] },
    verdict: "imageFormat: two ED25519 (0x24)",
  },
  {
    name: "two kinds of signature",
    image: {
      entries: ({ hash, keyHash, signature, covered }) => [
        hash,
        keyHash,
        signature,
        [0x22, p256.sign(covered)],
      ],
    },
    verdict: "imageFormat: ED25519 (0x24) and ECDSA (0x22)",
  },
  {
    name: "an Ed25519 signature of 63 bytes",
    image: { entries: ({ hash, keyHash }) => [hash, keyHash, [0x24, new Uint8Array(63)]] },
    verdict: "imageFormat: ED25519 (0x24) of 63 bytes",
  },
  {
    name: "RSA only",
    image: { entries: ({ hash, keyHash }) => [hash, keyHash, [0x23, new Uint8Array(384)]] },
    verdict: "signature: is signed with RSA3072 (0x23) only, expected Ed25519 or P-256",
  },
  {
    name: "no word of the key",
    image: { entries: ({ hash, signature }) => [hash, signature] },
    verdict: "signature: does not say which key signed it",
  },
  {
    name: "the key hash twice",
    image: { entries: ({ hash, keyHash, signature }) => [hash, keyHash, keyHash, signature] },
    verdict: "imageFormat: two KEYHASH (0x01)",
  },
  {
    name: "a key hash of another length",
    image: { entries: ({ hash, signature }) => [hash, [0x01, new Uint8Array(64)], signature] },
    verdict: "imageFormat: KEYHASH (0x01) of 64 bytes",
  },
  {
    name: "a pure mark that says no",
    image: { entries: ({ hash, keyHash, signature }) => [hash, [0x25, [0]], keyHash, signature] },
    verdict: "imageFormat: SIG_PURE (0x25) means nothing here",
  },
  {
    name: "a pure mark on ECDSA",
    image: {
      signer: p256,
      entries: ({ hash, keyHash, signature }) => [hash, [0x25, [1]], keyHash, signature],
    },
    verdict: "imageFormat: SIG_PURE (0x25) means nothing here",
  },
  {
    name: "a pure mark of two bytes",
    image: {
      entries: ({ hash, keyHash, signature }) => [hash, [0x25, [1, 1]], keyHash, signature],
    },
    verdict: "imageFormat: SIG_PURE (0x25) of 2 bytes",
  },
  {
    name: "ECDSA P-256 beside SHA-512",
    image: {
      signer: p256,
      entries: ({ covered, signature }) => [
        [0x12, sha("sha512", covered)],
        [0x01, new Uint8Array(64)],
        signature,
      ],
    },
    verdict: "signature: ECDSA P-256 needs SHA-256, the image has SHA-512",
  },
  {
    name: "a security counter that the hash does not cover",
    image: { entries: ({ hash, keyHash, signature }) => [hash, keyHash, signature, counter(9)] },
    verdict: "imageFormat: SEC_CNT (0x50) stands outside the protected area",
  },
  {
    name: "a type of somebody's own that the hash does not cover",
    image: { entries: ({ hash, keyHash, signature }) => [hash, keyHash, signature, [0xa0, [1]]] },
    verdict: "imageFormat: 0xa0 stands outside the protected area",
  },
  {
    name: "a hash in the protected area",
    image: { protectedArea: area(PROTECTED, [[0x10, new Uint8Array(32)]]) },
    verdict: "imageFormat: SHA256 (0x10) stands in the protected area",
  },
  {
    name: "two security counters",
    image: { protectedArea: area(PROTECTED, [counter(7), counter(8)]) },
    verdict: "imageFormat: two SEC_CNT (0x50)",
  },
  {
    name: "a security counter of two bytes",
    image: { protectedArea: area(PROTECTED, [[0x50, [7, 0]]]) },
    verdict: "imageFormat: SEC_CNT (0x50) of 2 bytes",
  },
  {
    name: "a vendor of 15 bytes",
    image: { protectedArea: area(PROTECTED, [[0x74, new Uint8Array(15)]]) },
    verdict: "imageFormat: UUID_VID (0x74) of 15 bytes",
  },
  {
    name: "two classes",
    image: {
      protectedArea: area(PROTECTED, [
        [0x75, uuid(1)],
        [0x75, uuid(2)],
      ]),
    },
    verdict: "imageFormat: two UUID_CID (0x75)",
  },
  {
    name: "a dependency of 11 bytes",
    image: { protectedArea: area(PROTECTED, [[0x40, new Uint8Array(11)]]) },
    verdict: "imageFormat: DEPENDENCY (0x40) of 11 bytes",
  },
  {
    name: "an encryption key without the flag",
    image: {
      entries: ({ hash, keyHash, signature }) => [
        hash,
        keyHash,
        signature,
        [0x32, new Uint8Array(113)],
      ],
    },
    verdict: "imageFormat: is encrypted: carries ENC_EC256 (0x32)",
  },
  {
    name: "compression without the flag",
    image: { protectedArea: area(PROTECTED, [[0x70, u32(5)]]) },
    verdict: "imageFormat: is compressed: carries DECOMP_SIZE (0x70)",
  },
];

const flags: readonly Defect[] = [
  ...[0x4, 0x8, 0xc].map((bits) => ({
    name: `encrypted, flags ${bits}`,
    image: { flags: bits },
    verdict: "imageFormat: is encrypted; this device takes plain images",
  })),
  ...[0x200, 0x400, 0x800].map((bits) => ({
    name: `compressed, flags ${bits}`,
    image: { flags: bits },
    verdict: "imageFormat: is compressed; this device takes plain images",
  })),
  {
    name: "not bootable",
    image: { flags: 0x10 },
    verdict: "imageFormat: is marked as not bootable",
  },
  {
    name: "to be loaded into RAM",
    image: { flags: 0x20, loadAddress: 0x2000_0000 },
    verdict: "imageFormat: is to be loaded into RAM (RAM_LOAD); this device runs images from flash",
  },
  {
    name: "built for the other bank",
    image: { flags: 0x100, loadAddress: 0x4_0000 },
    policy: { bankAddress: 0x2_0000 },
    verdict: "imageFormat: is built for address 0x40000 (ROM_FIXED), not for 0x20000",
  },
];

const verdicts: readonly Defect[] = [
  {
    name: "the hash of something else",
    image: {
      entries: ({ keyHash }) => {
        const hash = new Uint8Array(32).fill(5);
        return [[0x10, hash], keyHash, [0x24, ed25519.sign(hash)]];
      },
    },
    verdict: "digest: the hash of the content differs from the hash it carries",
  },
  {
    name: "a signature over something else",
    image: {
      entries: ({ hash, keyHash }) => [hash, keyHash, [0x24, ed25519.sign(new Uint8Array(32))]],
    },
    verdict: "signature: the signature is not the trusted key's over this content",
  },
  {
    name: "a stranger's signature under a trusted key's name",
    image: {
      entries: ({ hash, keyHash }) => [
        hash,
        keyHash,
        [0x24, stranger.sign(Uint8Array.from(hash[1]))],
      ],
    },
    verdict: "signature: the signature is not the trusted key's over this content",
  },
  {
    name: "a stranger's signature under its own name",
    image: { signer: stranger },
    verdict: "signature: is signed by a key that is not trusted",
  },
  {
    name: "a trusted key of the other kind",
    image: {
      signer: p256,
      entries: ({ hash, keyHash }) => [hash, keyHash, [0x24, new Uint8Array(64)]],
    },
    verdict: "signature: is signed by a key that is not trusted",
  },
  {
    name: "an ECDSA signature that is no DER",
    image: {
      signer: p256,
      entries: ({ hash, keyHash }) => [hash, keyHash, [0x22, new Uint8Array(72)]],
    },
    verdict: "signature: the signature is not the trusted key's over this content",
  },
  {
    name: "an ECDSA signature padded with something",
    image: {
      signer: p256,
      entries: ({ hash, keyHash, covered }) => {
        const padded = new Uint8Array(72).fill(1);
        padded.set(p256.sign(covered));
        return [hash, keyHash, [0x22, padded]];
      },
    },
    verdict: "signature: the signature is not the trusted key's over this content",
  },
  {
    name: "a signature over the digest that is said to be over the bytes",
    image: { entries: ({ hash, keyHash, signature }) => [hash, [0x25, [1]], keyHash, signature] },
    verdict: "signature: the signature is not the trusted key's over this content",
  },
  {
    name: "a signature over the bytes that is not said to be",
    image: {
      entries: ({ hash, keyHash, covered }) => [hash, keyHash, [0x24, ed25519.sign(covered)]],
    },
    verdict: "signature: the signature is not the trusted key's over this content",
  },
  {
    name: "a security counter below the device's",
    image: { protectedArea: area(PROTECTED, [counter(6)]) },
    policy: { securityCounterMin: 7 },
    verdict: "downgrade: security counter 6, at least 7",
  },
  {
    name: "no security counter, and the device has one",
    image: {},
    policy: { securityCounterMin: 1 },
    verdict: "downgrade: security counter 0, at least 1",
  },
  {
    name: "no vendor, and the device has one",
    image: {},
    policy: { vendorId: uuid(1) },
    verdict: "wrongHardware: names no vendor of devices",
  },
  {
    name: "another vendor",
    image: { protectedArea: area(PROTECTED, [[0x74, uuid(2)]]) },
    policy: { vendorId: uuid(1) },
    verdict: "wrongHardware: is for another vendor of devices",
  },
  {
    name: "another class of the same vendor",
    image: {
      protectedArea: area(PROTECTED, [
        [0x74, uuid(1)],
        [0x75, uuid(3)],
      ]),
    },
    policy: { vendorId: uuid(1), classId: uuid(2) },
    verdict: "wrongHardware: is for another class of devices",
  },
  {
    name: "something behind the image",
    image: { rest: Uint8Array.of(0xff, 0xff, 0xfe) },
    verdict: "imageFormat: ends at byte 192, but something follows at byte 194",
  },
];

describe.each([
  ["structure", structure],
  ["TLVs", tlvs],
  ["flags", flags],
  ["verdict", verdicts],
])("refused by name: %s", (_, defects) => {
  test.each(defects)("$name", ({ image, policy: changes, verdict }) => {
    expect(verdictText(rawImage(image), changes)).toBe(verdict);
  });
});
