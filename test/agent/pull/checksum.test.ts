import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CHECKSUM_BYTES,
  type ChecksumAlgorithm,
  checksumDigest,
  hexOf,
  parseChecksum,
} from "#agent/pull/checksum.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";

const crypto = new NodeCrypto();
const ascii = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const algorithms = Object.keys(CHECKSUM_BYTES) as ChecksumAlgorithm[];

/** As Guava 33.1.0-jre prints them, with which the server computes. */
const guava = [
  ["a", ascii("a"), "43beb7e8", "b269253c", "897859f6655555855a890e51483ab5e6"],
  ["abc", ascii("abc"), "c2412435", "fa93ddb3", "6778ad3f3f3f96b4522dca264174a23b"],
  ["123456789", ascii("123456789"), "2639f4cb", "82f3feb4", "a4cc66db5e64843c05a11e3ac7faf899"],
  ["hello world", ascii("hello world"), "85114a0d", "0f8f925e", "0e617feb46603f53b163eb607d4697ab"],
  ["00", Uint8Array.of(0), "8def02d2", "b7284e51", "b55cff6ee5ab10468335f878aa2d6251"],
  [
    "ff fe fd",
    Uint8Array.of(0xff, 0xfe, 0xfd),
    "6dafea08",
    "dcf2bed2",
    "5d1fc814c9256177bce316f26d9b54de",
  ],
  [
    "00..ff",
    Uint8Array.from({ length: 256 }, (_, at) => at),
    "738c0529",
    "560e0ae4",
    "b9126fdc13c3991c1ecc34ab7f07d670",
  ],
  [
    "00..ff to 1000 bytes",
    Uint8Array.from({ length: 1000 }, (_, at) => at),
    "41fbe374",
    "dff0be2a",
    "a3ee472cdc4876780c1213d1717de789",
  ],
] as const;

/** RFC 1321 and FIPS 180-4, of "abc". */
const sums = {
  MD5: "900150983cd24fb0d6963f7d28e17f72",
  SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  SHA384:
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
  SHA512:
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
} as const;

function sumOf(algorithm: ChecksumAlgorithm, ...parts: readonly Uint8Array[]): string {
  const digest = checksumDigest(algorithm, crypto);
  for (const part of parts) digest.update(part);
  return hexOf(digest.digest());
}

describe("checksums that ThingsBoard computes", () => {
  test.each(guava)("of %s", (_, bytes, crc32, murmur32, murmur128) => {
    expect(sumOf("CRC32", bytes)).toBe(crc32);
    expect(sumOf("MURMUR3_32", bytes)).toBe(murmur32);
    expect(sumOf("MURMUR3_128", bytes)).toBe(murmur128);
  });

  test.each(Object.entries(sums))("%s of abc", (algorithm, hex) => {
    expect(sumOf(algorithm as ChecksumAlgorithm, ascii("abc"))).toBe(hex);
  });

  test("a CRC-32 whose top byte is zero keeps its eight digits", () => {
    expect(sumOf("CRC32", ascii("fw147"))).toBe("8a348600");
  });

  test.each(algorithms)("%s: it does not matter in which pieces the bytes come", (algorithm) => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, (parts) => {
        expect(sumOf(algorithm, ...parts)).toBe(sumOf(algorithm, Buffer.concat(parts)));
      }),
    );
  });
});

describe("what a server says of a checksum", () => {
  const sha = "ab".repeat(32);
  test.each([
    { algorithm: "SHA256", hex: sha, is: { algorithm: "SHA256", hex: sha } },
    { algorithm: "SHA256", hex: sha.toUpperCase(), is: { algorithm: "SHA256", hex: sha } },
    { algorithm: "CRC32", hex: "8a348600", is: { algorithm: "CRC32", hex: "8a348600" } },
    { algorithm: "CRC32", hex: "8a3486", is: "its CRC32 checksum is not 8 hexadecimal digits" },
    { algorithm: "CRC32", hex: "8a34860g", is: "its CRC32 checksum is not 8 hexadecimal digits" },
    { algorithm: "CRC32", hex: 0x8a348600, is: "its CRC32 checksum is not 8 hexadecimal digits" },
    { algorithm: "SHA256", hex: undefined, is: "its SHA256 checksum is not 64 hexadecimal digits" },
    { algorithm: "sha256", hex: sha, is: "its checksum algorithm is unknown" },
    { algorithm: "toString", hex: sha, is: "its checksum algorithm is unknown" },
    { algorithm: undefined, hex: sha, is: "its checksum algorithm is unknown" },
  ])("$algorithm $hex", ({ algorithm, hex, is }) => {
    expect(parseChecksum(algorithm, hex)).toEqual(is);
  });
});
