import type { Crypto, Digest } from "#hal/ports.ts";
import { crc32 } from "../boot/crc32.ts";
import { Murmur3x64, Murmur3x86 } from "./murmur3.ts";

/** Names as ThingsBoard's ChecksumAlgorithm has them, and the bytes that each gives. */
export const CHECKSUM_BYTES = {
  MD5: 16,
  SHA256: 32,
  SHA384: 48,
  SHA512: 64,
  CRC32: 4,
  MURMUR3_32: 4,
  MURMUR3_128: 16,
} as const;

export type ChecksumAlgorithm = keyof typeof CHECKSUM_BYTES;

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Lower-case hex of the digest's bytes. */
  readonly hex: string;
}

/**
 * A checksum from what a server says; a text where that cannot be one. Upper-case digits are taken:
 * what they say is the same.
 */
export function parseChecksum(algorithm: unknown, hex: unknown): Checksum | string {
  if (!isAlgorithm(algorithm)) return "its checksum algorithm is unknown";
  const digits = 2 * CHECKSUM_BYTES[algorithm];
  if (typeof hex !== "string" || hex.length !== digits || !/^[0-9a-f]*$/i.test(hex)) {
    return `its ${algorithm} checksum is not ${digits} hexadecimal digits`;
  }
  return { algorithm, hex: hex.toLowerCase() };
}

function isAlgorithm(name: unknown): name is ChecksumAlgorithm {
  return typeof name === "string" && Object.hasOwn(CHECKSUM_BYTES, name);
}

/**
 * A running checksum. ThingsBoard prints what Guava's HashCode has, byte by byte: CRC-32 and the
 * murmurs come out little-endian, not as the number that other tools print.
 */
export function checksumDigest(algorithm: ChecksumAlgorithm, crypto: Crypto): Digest {
  switch (algorithm) {
    case "MD5":
      return crypto.hash("md5");
    case "SHA256":
      return crypto.hash("sha256");
    case "SHA384":
      return crypto.hash("sha384");
    case "SHA512":
      return crypto.hash("sha512");
    case "CRC32":
      return new Crc32();
    case "MURMUR3_32":
      return new Murmur3x86();
    case "MURMUR3_128":
      return new Murmur3x64();
    default:
      return algorithm satisfies never;
  }
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Crc32 implements Digest {
  #crc = 0;

  update(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc);
  }

  digest(): Uint8Array {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, this.#crc, true);
    return bytes;
  }
}
