import { expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { hex } from "../../hex.ts";

const crypto = new NodeCrypto();
const key = hex("2b 7e 15 16 28 ae d2 a6 ab f7 15 88 09 cf 4f 3c");
const text = hex(
  "6b c1 be e2 2e 40 9f 96 e9 3d 7e 11 73 93 17 2a ae 2d 8a 57 1e 03 ac 9c 9e b7 6f ac 45 af 8e 51 30 c8 1c 46 a3 5c e4 11 e5 fb c1 19 1a 0a 52 ef f6 9f 24 45 df 4f 9b 17 ad 2b 41 7b e6 6c 37 10",
);

/** RFC 4493 §4. */
const cmacVectors = [
  [0, "bb 1d 69 29 e9 59 37 28 7f a3 7d 12 9b 75 67 46"],
  [16, "07 0a 16 b4 6b 4d 41 44 f7 9b dd 9d d0 4a 28 7c"],
  [40, "df a6 67 47 de 9a e6 30 30 ca 32 61 14 97 c8 27"],
  [64, "51 f0 be bf 7e 3b 9d 92 fc 49 74 17 79 36 3c fe"],
] as const;

test.each(cmacVectors)("AES-CMAC of %i bytes, in one piece and in every two", (length, mac) => {
  for (let split = 0; split <= length; split++) {
    const cmac = crypto.aesCmac(key);
    cmac.update(text.subarray(0, split));
    cmac.update(text.subarray(split, length));
    expect(new Uint8Array(cmac.digest())).toEqual(hex(mac));
  }
});

test("a long message has the same AES-CMAC in one piece and in small ones", () => {
  const long = Uint8Array.from({ length: 5000 }, (_, index) => (index * 167 + 13) & 0xff);
  const whole = crypto.aesCmac(key);
  whole.update(long);
  const pieces = crypto.aesCmac(key);
  for (let at = 0; at < long.length; at += 37) pieces.update(long.subarray(at, at + 37));
  const mac = whole.digest();
  expect(pieces.digest()).toEqual(mac);
  expect(mac).not.toEqual(crypto.aesCmac(key).digest());
});

test("encryption leaves its input alone, a Buffer too", () => {
  const input = Buffer.from(text.subarray(0, 32));
  crypto.aesEncrypt(key, input);
  expect(new Uint8Array(input)).toEqual(text.subarray(0, 32));
});

test("AES-ECB both ways (FIPS 197 / SP 800-38A F.1.1)", () => {
  const cipher = hex("3a d7 7b b4 0d 7a 36 60 a8 9e ca f3 24 66 ef 97");
  expect(new Uint8Array(crypto.aesEncrypt(key, text.subarray(0, 16)))).toEqual(cipher);
  expect(new Uint8Array(crypto.aesDecrypt(key, cipher))).toEqual(text.subarray(0, 16));
});

test("a key buffer that is written anew is a new key", () => {
  const reused = key.slice();
  crypto.aesEncrypt(reused, text.subarray(0, 16));
  reused.fill(0);
  const zero = new Uint8Array(16);
  expect(crypto.aesEncrypt(reused, text.subarray(0, 16))).toEqual(
    crypto.aesEncrypt(zero, text.subarray(0, 16)),
  );
});

test("a malformed key or signature verifies as false", () => {
  const bad = { algorithm: "ed25519", bytes: new Uint8Array(3) } as const;
  expect(crypto.verify(bad, text, new Uint8Array(64))).toBe(false);
  const point = { algorithm: "ecdsa-p256", bytes: new Uint8Array(65).fill(4) } as const;
  expect(crypto.verify(point, text, new Uint8Array(2))).toBe(false);
});
