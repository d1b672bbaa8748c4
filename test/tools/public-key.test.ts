import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPublicKey } from "#tools/public-key.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fuota-key-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string | Buffer): string {
  const path = join(folder, "key.pem");
  writeFileSync(path, content);
  return path;
}

test("Ed25519 keys are read from either half", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  const raw = new Uint8Array(Buffer.from(String(x), "base64url"));
  for (const pem of [
    publicKey.export({ type: "spki", format: "pem" }),
    privateKey.export({ type: "pkcs8", format: "pem" }),
  ]) {
    expect(readPublicKey(file(pem))).toEqual({ algorithm: "ed25519", bytes: raw });
  }
});

test("P-256 keys are read as an uncompressed point", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const key = readPublicKey(file(publicKey.export({ type: "spki", format: "pem" })));
  expect(key.algorithm).toBe("ecdsa-p256");
  expect(key.bytes).toHaveLength(65);
  expect(Buffer.from(key.bytes.subarray(1, 33)).toString("base64url")).toBe(x);
  expect(Buffer.from(key.bytes.subarray(33)).toString("base64url")).toBe(y);
  expect(createPublicKey(publicKey.export({ type: "spki", format: "pem" })).type).toBe("public");
});

test("other keys and other files are refused in one line", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  const curve = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey;
  const pemOf = (key: typeof rsa) => key.export({ type: "spki", format: "pem" });
  expect(() => readPublicKey(file(pemOf(rsa)))).toThrow(/is a rsa key, expected Ed25519 or P-256$/);
  expect(() => readPublicKey(file(pemOf(curve)))).toThrow(
    /is a ec key, expected Ed25519 or P-256$/,
  );
  for (const junk of ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "x"]) {
    expect(() => readPublicKey(file(junk))).toThrow(/key\.pem: is not a key in PEM form$/);
  }
});
