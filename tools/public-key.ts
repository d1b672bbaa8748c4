import { createPublicKey, type KeyObject } from "node:crypto";
import type { PublicKey } from "#hal/ports.ts";
import { InputError } from "./errors.ts";
import { readInputFile } from "./files.ts";

const PEM_BYTES_MAX = 16_384;
/** The raw key is the end of its SubjectPublicKeyInfo (RFC 8410, RFC 5480). */
const ED25519_BYTES = 32;
const P256_POINT_BYTES = 65;

/** Reads a public key, or the public half of a private one, from a PEM file. */
export function readPublicKey(path: string): PublicKey {
  const key = keyObjectOf(readInputFile(path, PEM_BYTES_MAX), path);
  const spki = key.export({ type: "spki", format: "der" });
  if (key.asymmetricKeyType === "ed25519") {
    return { algorithm: "ed25519", bytes: new Uint8Array(spki.subarray(-ED25519_BYTES)) };
  }
  if (key.asymmetricKeyDetails?.namedCurve === "prime256v1") {
    return { algorithm: "ecdsa-p256", bytes: new Uint8Array(spki.subarray(-P256_POINT_BYTES)) };
  }
  throw new InputError(`${path}: is a ${key.asymmetricKeyType} key, expected Ed25519 or P-256`);
}

function keyObjectOf(pem: Uint8Array, path: string): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(pem), format: "pem" });
  } catch {
    // OpenSSL's reasons speak of its own internals.
    throw new InputError(`${path}: is not a key in PEM form`);
  }
}
