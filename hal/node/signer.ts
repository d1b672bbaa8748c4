import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import type { PublicKey } from "#hal/ports.ts";
import { publicPointOf, scalarOf, signDeterministically } from "./deterministic-ecdsa.ts";

/** The raw key is the end of its SubjectPublicKeyInfo (RFC 8410, RFC 5480). */
const PUBLIC_KEY_BYTES: Readonly<Record<PublicKey["algorithm"], number>> = {
  ed25519: 32,
  "ecdsa-p256": 65,
};
/** What stands before the 32-byte seed in the PKCS #8 form of an Ed25519 key (RFC 8410 §7). */
const ED25519_PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SEED_BYTES = 32;

export type PemResult =
  | { readonly ok: true; readonly signer: NodeSigner }
  | { readonly ok: false; readonly detail: string };

/** A private key that signs images. Ed25519 over the message; ECDSA over its SHA-256, DER. */
export class NodeSigner {
  readonly publicKey: PublicKey;
  readonly #key: KeyObject;
  readonly #sign: (message: Uint8Array) => Uint8Array;

  private constructor(key: KeyObject, publicKey: PublicKey, scalar?: Uint8Array) {
    this.#key = key;
    this.publicKey = publicKey;
    const hash = publicKey.algorithm === "ed25519" ? null : "sha256";
    this.#sign =
      scalar === undefined
        ? (message) => sign(hash, message, key)
        : (message) => signDeterministically(scalar, message);
  }

  /** A new key from the system's randomness. */
  static generate(algorithm: PublicKey["algorithm"]): NodeSigner {
    const { privateKey } =
      algorithm === "ed25519"
        ? generateKeyPairSync("ed25519")
        : generateKeyPairSync("ec", { namedCurve: "P-256" });
    return new NodeSigner(privateKey, publicKeyOf(privateKey, algorithm));
  }

  /** A key, and with it every signature, that is a function of a 32-byte seed: for simulated worlds. */
  static fromSeed(algorithm: PublicKey["algorithm"], seed: Uint8Array): NodeSigner {
    if (seed.length !== SEED_BYTES) throw new RangeError(`seed of ${seed.length} bytes`);
    if (algorithm === "ed25519") {
      const pkcs8 = Buffer.concat([ED25519_PKCS8_PREFIX, seed]);
      const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
      return new NodeSigner(key, publicKeyOf(key, algorithm));
    }
    const scalar = scalarOf(seed);
    const bytes = publicPointOf(scalar);
    const [d, x, y] = [scalar, bytes.subarray(1, 33), bytes.subarray(33)].map((part) =>
      Buffer.from(part).toString("base64url"),
    );
    const jwk = { kty: "EC", crv: "P-256", d: d ?? "", x: x ?? "", y: y ?? "" };
    const key = createPrivateKey({ key: jwk, format: "jwk" });
    return new NodeSigner(key, { algorithm, bytes }, scalar);
  }

  /** A private key in PEM form, PKCS #8 or SEC 1, without a passphrase. */
  static fromPem(pem: string): PemResult {
    if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem)) {
      return { ok: false, detail: "is locked with a passphrase; unlock it with openssl pkey" };
    }
    if (/-----BEGIN PUBLIC KEY-----/.test(pem)) {
      return { ok: false, detail: "is a public key; signing needs the private one" };
    }
    let key: KeyObject;
    try {
      key = createPrivateKey({ key: pem, format: "pem" });
    } catch {
      // OpenSSL's reasons speak of its own internals.
      return { ok: false, detail: "is not a private key in PEM form" };
    }
    if (key.asymmetricKeyType === "ed25519") {
      return { ok: true, signer: new NodeSigner(key, publicKeyOf(key, "ed25519")) };
    }
    if (key.asymmetricKeyDetails?.namedCurve === "prime256v1") {
      return { ok: true, signer: new NodeSigner(key, publicKeyOf(key, "ecdsa-p256")) };
    }
    const detail = `is a key of type ${key.asymmetricKeyType}, expected Ed25519 or P-256`;
    return { ok: false, detail };
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#sign(message);
  }

  /** PKCS #8. */
  privatePem(): string {
    return String(this.#key.export({ type: "pkcs8", format: "pem" }));
  }

  /** SubjectPublicKeyInfo. */
  publicPem(): string {
    return String(createPublicKey(this.#key).export({ type: "spki", format: "pem" }));
  }
}

function publicKeyOf(key: KeyObject, algorithm: PublicKey["algorithm"]): PublicKey {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const bytes = new Uint8Array(spki.subarray(-PUBLIC_KEY_BYTES[algorithm]));
  return { algorithm, bytes };
}
