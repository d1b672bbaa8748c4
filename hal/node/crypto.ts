import {
  createDecipheriv,
  createHash,
  createPublicKey,
  verify as verifySignature,
} from "node:crypto";
import type { Crypto, Digest, PublicKey } from "#hal/ports.ts";
import { type AesKey, BLOCK_BYTES, Cmac, encryptBlock, expandKey } from "./aes.ts";

const NO_IV = Buffer.alloc(0);

/** DER prefixes of a SubjectPublicKeyInfo (RFC 8410, RFC 5480) in front of the raw key. */
const SPKI_PREFIX: Readonly<Record<PublicKey["algorithm"], Uint8Array>> = {
  ed25519: Buffer.from("302a300506032b6570032100", "hex"),
  "ecdsa-p256": Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex"),
};
const KEY_BYTES: Readonly<Record<PublicKey["algorithm"], number>> = {
  ed25519: 32,
  "ecdsa-p256": 65,
};

/** DER SubjectPublicKeyInfo of a key: what MCUboot's KEYHASH is taken over. */
export function spkiOf(key: PublicKey): Uint8Array {
  return Buffer.concat([SPKI_PREFIX[key.algorithm], key.bytes]);
}

/**
 * The {@link Crypto} port on node:crypto.
 *
 * The key buffers of a fleet live as long as its devices, hence the weak maps.
 */
export class NodeCrypto implements Crypto {
  readonly #keys = new WeakMap<Uint8Array, AesKey>();
  readonly #publicKeys = new WeakMap<Uint8Array, ReturnType<typeof createPublicKey>>();

  aesEncrypt(key: Uint8Array, blocks: Uint8Array): Uint8Array {
    if (blocks.length % BLOCK_BYTES !== 0) throw new RangeError("not whole AES blocks");
    const { schedule } = this.#expanded(key);
    const out = new Uint8Array(blocks); // a Buffer's slice would be the same memory
    for (let at = 0; at < out.length; at += BLOCK_BYTES) encryptBlock(schedule, out, at);
    return out;
  }

  aesDecrypt(key: Uint8Array, blocks: Uint8Array): Uint8Array {
    if (blocks.length % BLOCK_BYTES !== 0) throw new RangeError("not whole AES blocks");
    return createDecipheriv("aes-128-ecb", key, NO_IV).setAutoPadding(false).update(blocks);
  }

  aesCmac(key: Uint8Array): Digest {
    return new Cmac(this.#expanded(key));
  }

  hash(algorithm: "sha256" | "sha384" | "sha512" | "md5"): Digest {
    const hash = createHash(algorithm);
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  }

  hashOf(algorithm: "sha256" | "sha384" | "sha512", bytes: Uint8Array): Uint8Array {
    return createHash(algorithm).update(bytes).digest();
  }

  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
    try {
      const hash = key.algorithm === "ed25519" ? null : "sha256";
      return verifySignature(hash, message, this.#publicKey(key), signature);
    } catch {
      return false; // a key that is no point of the curve
    }
  }

  /** A buffer may be written anew between calls, so its bytes are compared. */
  #expanded(key: Uint8Array): AesKey {
    const cached = this.#keys.get(key);
    if (cached !== undefined && isSameKey(cached.bytes, key)) return cached;
    if (key.length !== BLOCK_BYTES) throw new RangeError("an AES-128 key has 16 bytes");
    const expanded = expandKey(key);
    this.#keys.set(key, expanded);
    return expanded;
  }

  #publicKey(key: PublicKey): ReturnType<typeof createPublicKey> {
    let parsed = this.#publicKeys.get(key.bytes);
    if (parsed === undefined) {
      if (key.bytes.length !== KEY_BYTES[key.algorithm]) throw new RangeError("key length");
      const spki = Buffer.from(spkiOf(key));
      parsed = createPublicKey({ key: spki, format: "der", type: "spki" });
      this.#publicKeys.set(key.bytes, parsed);
    }
    return parsed;
  }
}

function isSameKey(a: Uint8Array, b: Uint8Array): boolean {
  for (let index = 0; index < BLOCK_BYTES; index++) if (a[index] !== b[index]) return false;
  return a.length === b.length;
}
