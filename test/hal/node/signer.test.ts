import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { publicPointOf, signDeterministically } from "#hal/node/deterministic-ecdsa.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { hex } from "../../hex.ts";

const crypto = new NodeCrypto();
const algorithms = ["ed25519", "ecdsa-p256"] as const;
const seed = Uint8Array.from({ length: 32 }, (_, index) => index);
const message = new TextEncoder().encode("firmware");

function fromPem(pem: string): NodeSigner {
  const result = NodeSigner.fromPem(pem);
  if (!result.ok) throw new RangeError(result.detail);
  return result.signer;
}

function detailOf(pem: string): string {
  const result = NodeSigner.fromPem(pem);
  return result.ok ? "ok" : result.detail;
}

describe.each(algorithms)("%s", (algorithm) => {
  test("what it signs, its public key verifies, and nothing else", () => {
    for (const signer of [NodeSigner.fromSeed(algorithm, seed), NodeSigner.generate(algorithm)]) {
      const signature = signer.sign(message);
      expect(crypto.verify(signer.publicKey, message, signature)).toBe(true);
      expect(crypto.verify(signer.publicKey, seed, signature)).toBe(false);
      const stranger = NodeSigner.generate(algorithm).publicKey;
      expect(crypto.verify(stranger, message, signature)).toBe(false);
    }
  });

  test("a seed gives one key and one signature, another seed another", () => {
    const [first, again] = [seed, seed.slice()].map((it) => NodeSigner.fromSeed(algorithm, it));
    const other = NodeSigner.fromSeed(algorithm, new Uint8Array(32).fill(0xff));
    expect(again?.publicKey).toEqual(first?.publicKey);
    expect(again?.sign(message)).toEqual(first?.sign(message));
    expect(other.publicKey).not.toEqual(first?.publicKey);
    expect(crypto.verify(other.publicKey, message, other.sign(message))).toBe(true);
  });

  test("goes through PEM and back", () => {
    const signer = NodeSigner.fromSeed(algorithm, seed);
    const copy = fromPem(signer.privatePem());
    expect(copy.publicKey).toEqual(signer.publicKey);
    expect(crypto.verify(signer.publicKey, message, copy.sign(message))).toBe(true);
    const publicKey = createPublicKey(signer.publicPem());
    expect(publicKey.equals(createPublicKey(createPrivateKey(signer.privatePem())))).toBe(true);
  });

  test("a seed of another length is a mistake of the caller", () => {
    expect(() => NodeSigner.fromSeed(algorithm, new Uint8Array(31))).toThrow(RangeError);
  });
});

test("the Ed25519 key and signature of RFC 8032 §7.1, test 2", () => {
  const signer = NodeSigner.fromSeed(
    "ed25519",
    hex(
      "4c cd 08 9b 28 ff 96 da 9d b6 c3 46 ec 11 4e 0f 5b 8a 31 9f 35 ab a6 24 da 8c f6 ed 4f b8 a6 fb",
    ),
  );
  expect(signer.publicKey.bytes).toEqual(
    hex(
      "3d 40 17 c3 e8 43 89 5a 92 b7 0a a7 4d 1b 7e bc 9c 98 2c cf 2e c4 96 8c c0 cd 55 f1 2a f4 66 0c",
    ),
  );
  expect(new Uint8Array(signer.sign(Uint8Array.of(0x72)))).toEqual(
    hex(
      "92 a0 09 a9 f0 d4 ca b8 72 0e 82 0b 5f 64 25 40 a2 b2 7b 54 16 50 3f 8f b3 76 22 23 eb db 69 da 08 5a c1 e4 3e 15 99 6e 45 8f 36 13 d0 f1 1d 8c 38 7b 2e ae b4 30 2a ee b0 0d 29 16 12 bb 0c 00",
    ),
  );
});

describe("ECDSA of RFC 6979 §A.2.5, P-256 and SHA-256", () => {
  const scalar = hex(
    "c9 af a9 d8 45 ba 75 16 6b 5c 21 57 67 b1 d6 93 4e 50 c3 db 36 e8 9b 12 7b 8a 62 2b 12 0f 67 21",
  );

  test.each([
    [
      "sample",
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
      "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ],
    [
      "test",
      "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
      "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
    ],
  ])("%s", (text, r, s) => {
    const signature = Buffer.from(signDeterministically(scalar, Buffer.from(text))).toString("hex");
    // A positive DER integer with its top bit set takes a zero in front.
    const der = (digits: string) => (digits < "8" ? `0220${digits}` : `022100${digits}`);
    const body = der(r) + der(s);
    expect(signature).toBe(`30${(body.length / 2).toString(16)}${body}`);
  });

  test("OpenSSL takes every one of them", () => {
    const key = { algorithm: "ecdsa-p256", bytes: publicPointOf(scalar) } as const;
    const lengths = new Set<number>();
    for (let index = 0; index < 300; index++) {
      const text = Uint8Array.of(index & 0xff, index >> 8);
      const signature = signDeterministically(scalar, text);
      lengths.add(signature.length);
      expect(crypto.verify(key, text, signature)).toBe(true);
    }
    expect(lengths.size).toBeGreaterThan(2);
  });
});

describe("PEM that cannot sign", () => {
  const encrypted = {
    type: "pkcs8",
    format: "pem",
    cipher: "aes-128-cbc",
    passphrase: "x",
  } as const;
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const curve = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
  const pkcs8 = { type: "pkcs8", format: "pem" } as const;

  test.each([
    [
      "a passphrase",
      String(privateKey.export(encrypted)),
      "is locked with a passphrase; unlock it with openssl pkey",
    ],
    [
      "a public key",
      String(publicKey.export({ type: "spki", format: "pem" })),
      "is a public key; signing needs the private one",
    ],
    [
      "another curve",
      String(curve.export(pkcs8)),
      "is a key of type ec, expected Ed25519 or P-256",
    ],
    [
      "another kind",
      String(generateKeyPairSync("x25519").privateKey.export(pkcs8)),
      "is a key of type x25519, expected Ed25519 or P-256",
    ],
    [
      "junk",
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
      "is not a private key in PEM form",
    ],
    ["nothing", "", "is not a private key in PEM form"],
  ])("%s", (_, pem, detail) => expect(detailOf(pem)).toBe(detail));

  test("SEC 1 can", () => {
    const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const signer = fromPem(String(key.export({ type: "sec1", format: "pem" })));
    expect(crypto.verify(signer.publicKey, message, sign("sha256", message, key))).toBe(true);
  });
});
