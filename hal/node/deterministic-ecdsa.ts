import { createECDH, createHash, createHmac } from "node:crypto";

const SCALAR_BYTES = 32;
/** Order of the P-256 group. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Uncompressed point of a private scalar, `04 x y`. */
export function publicPointOf(scalar: Uint8Array): Uint8Array {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(scalar);
  return new Uint8Array(ecdh.getPublicKey());
}

/** A private scalar in [1, n-1] from any 32 bytes. */
export function scalarOf(seed: Uint8Array): Uint8Array {
  return bytesOf((integerOf(seed) % (N - 1n)) + 1n);
}

/**
 * ECDSA over P-256 and SHA-256 with the nonce of RFC 6979, DER: the same signature every time, as
 * a reproducible run needs. Its big-integer arithmetic takes a time that depends on the key, so it
 * is for throw-away keys only.
 */
export function signDeterministically(scalar: Uint8Array, message: Uint8Array): Uint8Array {
  const hash = createHash("sha256").update(message).digest();
  const z = integerOf(hash) % N;
  for (const nonce of nonces(scalar, bytesOf(z))) {
    const r = integerOf(publicPointOf(nonce).subarray(1, 1 + SCALAR_BYTES)) % N;
    const s = (inverse(integerOf(nonce)) * (z + r * integerOf(scalar))) % N;
    if (r !== 0n && s !== 0n) return derSequence(r, s);
  }
  throw new RangeError("unreachable: the nonces never end");
}

/** RFC 6979 §3.2, steps b to h. */
function* nonces(scalar: Uint8Array, hash: Uint8Array): Generator<Uint8Array> {
  let v: Uint8Array = new Uint8Array(SCALAR_BYTES).fill(1);
  let k: Uint8Array = new Uint8Array(SCALAR_BYTES);
  const hmac = (...parts: readonly Uint8Array[]): Uint8Array => {
    const running = createHmac("sha256", k);
    for (const part of parts) running.update(part);
    return running.digest();
  };
  for (const step of [0, 1]) {
    k = hmac(v, Uint8Array.of(step), scalar, hash);
    v = hmac(v);
  }
  for (;;) {
    v = hmac(v);
    const candidate = integerOf(v);
    if (candidate > 0n && candidate < N) yield v;
    k = hmac(v, Uint8Array.of(0));
    v = hmac(v);
  }
}

function integerOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function bytesOf(integer: bigint): Uint8Array {
  return Buffer.from(integer.toString(16).padStart(2 * SCALAR_BYTES, "0"), "hex");
}

/** By Fermat: the order is prime. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = value % N;
  for (let exponent = N - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % N;
    base = (base * base) % N;
  }
  return result;
}

function derSequence(...integers: readonly bigint[]): Uint8Array {
  const body = Buffer.concat(
    integers.map((integer) => {
      const digits = integer.toString(16);
      const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
      const sign = (bytes[0] ?? 0) >= 0x80 ? [0] : [];
      return Buffer.from([0x02, bytes.length + sign.length, ...sign, ...bytes]);
    }),
  );
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
