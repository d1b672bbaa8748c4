import type { Crypto, PublicKey } from "#hal/ports.ts";

/** What stands before the raw key in its DER SubjectPublicKeyInfo: RFC 8410 §4, RFC 5480 §2. */
const SPKI_PREFIX: Readonly<Record<PublicKey["algorithm"], readonly number[]>> = {
  ed25519: [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00],
  "ecdsa-p256": [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
  ],
};

/** How an image names the key that signed it. */
export function keyHashOf(
  key: PublicKey,
  algorithm: "sha256" | "sha512",
  crypto: Crypto,
): Uint8Array {
  const prefix = SPKI_PREFIX[key.algorithm];
  const spki = new Uint8Array(prefix.length + key.bytes.length);
  spki.set(prefix);
  spki.set(key.bytes, prefix.length);
  return crypto.hashOf(algorithm, spki);
}
