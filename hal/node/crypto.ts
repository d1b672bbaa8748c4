import {
  type Cipher,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  verify as verifySignature,
} from "node:crypto";
import type { Crypto, Digest, PublicKey } from "#hal/ports.ts";

const BLOCK_BYTES = 16;
const NO_IV = Buffer.alloc(0);
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

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
 * ECB keeps no state between blocks, so one cipher object per key serves for ever; the key buffers
 * of a fleet live as long as its devices, hence the weak map.
 */
export class NodeCrypto implements Crypto {
  readonly #encryptors = new WeakMap<
    Uint8Array,
    { readonly key: string; readonly cipher: Cipher }
  >();
  readonly #publicKeys = new WeakMap<Uint8Array, ReturnType<typeof createPublicKey>>();

  aesEncrypt(key: Uint8Array, blocks: Uint8Array): Uint8Array {
    if (blocks.length % BLOCK_BYTES !== 0) throw new RangeError("not whole AES blocks");
    return this.#encryptor(key).update(blocks);
  }

  aesDecrypt(key: Uint8Array, blocks: Uint8Array): Uint8Array {
    if (blocks.length % BLOCK_BYTES !== 0) throw new RangeError("not whole AES blocks");
    return createDecipheriv("aes-128-ecb", key, NO_IV).setAutoPadding(false).update(blocks);
  }

  aesCmac(key: Uint8Array): Digest {
    return new Cmac(key, (blocks) => this.aesEncrypt(key, blocks));
  }

  hash(algorithm: "sha256" | "sha384" | "sha512"): Digest {
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

  #encryptor(key: Uint8Array): Cipher {
    const cached = this.#encryptors.get(key);
    const text = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
    if (cached !== undefined && cached.key === text) return cached.cipher;
    const cipher = createCipheriv("aes-128-ecb", key, NO_IV).setAutoPadding(false);
    this.#encryptors.set(key, { key: text, cipher });
    return cipher;
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

/** RFC 4493 on top of CBC: the last block is held back until it is known to be the last. */
class Cmac implements Digest {
  readonly #key: Uint8Array;
  readonly #encrypt: (blocks: Uint8Array) => Uint8Array;
  #chain: Cipher | undefined;
  #state: Uint8Array = ZERO_BLOCK;
  #held: Buffer = Buffer.alloc(0);

  constructor(key: Uint8Array, encrypt: (blocks: Uint8Array) => Uint8Array) {
    this.#key = key;
    this.#encrypt = encrypt;
  }

  update(bytes: Uint8Array): void {
    const input = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    const whole = Math.max(0, Math.ceil(input.length / BLOCK_BYTES) - 1) * BLOCK_BYTES;
    if (whole > 0) {
      this.#chain ??= createCipheriv("aes-128-cbc", this.#key, ZERO_BLOCK).setAutoPadding(false);
      const out = this.#chain.update(input.subarray(0, whole));
      this.#state = out.subarray(out.length - BLOCK_BYTES);
    }
    this.#held = input.subarray(whole);
  }

  digest(): Uint8Array {
    const subkey1 = doubled(this.#encrypt(ZERO_BLOCK));
    const last = Buffer.alloc(BLOCK_BYTES);
    last.set(this.#held);
    const complete = this.#held.length === BLOCK_BYTES;
    if (!complete) last[this.#held.length] = 0x80;
    const subkey = complete ? subkey1 : doubled(subkey1);
    for (let index = 0; index < BLOCK_BYTES; index++) {
      last[index] = (last[index] ?? 0) ^ (subkey[index] ?? 0) ^ (this.#state[index] ?? 0);
    }
    return this.#encrypt(last);
  }
}

/** Multiplication by x in GF(2^128). */
function doubled(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(BLOCK_BYTES);
  let carry = 0;
  for (let index = BLOCK_BYTES - 1; index >= 0; index--) {
    const byte = block[index] ?? 0;
    out[index] = (byte << 1) | carry;
    carry = byte >>> 7;
  }
  if (carry !== 0) out[BLOCK_BYTES - 1] = (out[BLOCK_BYTES - 1] ?? 0) ^ 0x87;
  return out;
}
