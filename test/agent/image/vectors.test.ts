import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type MakeOptions, makeImage } from "#agent/image/make.ts";
import { hex } from "../../hex.ts";
import { crypto, ed25519, p256, payloadOf, stranger, verdictText, verify } from "./raw-image.ts";

/** Images that imgtool made: accepted or refused as they should be, and made again byte for byte. */

interface Vector {
  readonly name: string;
  readonly image: string;
}
const file: { entries: Vector[] } = JSON.parse(
  readFileSync(new URL("../../vectors/image.json", import.meta.url), "utf8"),
);

function image(name: string): Uint8Array {
  const vector = file.entries.find((entry) => entry.name === name);
  if (vector === undefined) throw new RangeError(`no vector ${name}`);
  return new Uint8Array(Buffer.from(vector.image, "hex"));
}

/** Name, version, security counter, bytes from the header to the end of the TLVs. */
const accepted: readonly (readonly [string, string, number, number])[] = [
  ["plain", "1.2.3+0", 0, 192],
  ["build and security counter", "1.2.3+45", 7, 204],
  ["security counter from the version", "2.1.300+0", 0x0201012c, 204],
  ["vendor and class", "1.2.3+0", 7, 244],
  ["larger header", "1.2.3+0", 0, 208],
  ["ECDSA P-256", "1.2.3+0", 7, 211],
  ["ECDSA P-256 padded", "1.2.3+0", 0, 200],
  ["pure Ed25519", "1.2.3+0", 0, 261],
  ["Ed25519 over SHA-512", "1.2.3+0", 0, 256],
  ["dependency", "1.2.3+0", 0, 212],
  ["built for an address", "1.2.3+0", 0, 192],
  ["vendor TLV", "1.2.3+0", 0, 204],
  ["boot record", "1.2.3+0", 0, 292],
  ["padded to its slot", "1.2.3+0", 0, 192],
  ["confirmed", "1.2.3+0", 0, 192],
  ["confirmed, 32-byte writes", "1.2.3+0", 0, 192],
];

const refused: readonly (readonly [string, string])[] = [
  ["unsigned", "signature: is not signed"],
  ["RSA", "signature: is signed with RSA2048 (0x20) only, expected Ed25519 or P-256"],
  ["full public key", "signature: carries its public key, expected the hash of a trusted one"],
  ["encrypted", "imageFormat: is encrypted; this device takes plain images"],
  ["compressed", "imageFormat: is compressed; this device takes plain images"],
  ["not bootable", "imageFormat: is marked as not bootable"],
  [
    "for RAM",
    "imageFormat: is to be loaded into RAM (RAM_LOAD); this device runs images from flash",
  ],
];

test("every vector has its line here", () => {
  const names = [...accepted, ...refused].map(([name]) => name);
  expect(file.entries.map(({ name }) => name)).toEqual(names);
});

test.each(accepted)("%s: accepted", (name, version, securityCounter, sizeBytes) => {
  const bytes = image(name);
  const verdict = verify(bytes);
  expect(verdict).toMatchObject({ ok: true, image: { version, securityCounter, sizeBytes } });
  // Header, payload and protected TLVs; the TLV area is found by its magic alone.
  const areaAt = Buffer.from(bytes).lastIndexOf(hex("07 69"), sizeBytes);
  const sha256 = new Uint8Array(crypto.hashOf("sha256", bytes.subarray(0, areaAt)));
  expect(verdict.ok && new Uint8Array(verdict.image.hash)).toEqual(sha256);
});

test.each(accepted)("%s: refused when its key is not trusted", (name) => {
  expect(verdictText(image(name), { keys: [stranger.publicKey] })).toBe(
    "signature: is signed by a key that is not trusted",
  );
});

test.each(refused)("%s: refused", (name, text) => {
  expect(verdictText(image(name))).toBe(text);
});

describe("made again, byte for byte", () => {
  const vid = hex("cf bf f0 d1 93 75 56 85 96 8c 48 ce 8b 15 ae 17");
  const cid = hex("d9 c0 3f 90 56 8d 55 53 b0 aa 28 b2 4d f9 0f cc");
  test.each<readonly [string, MakeOptions]>([
    ["plain", { version: "1.2.3" }],
    ["build and security counter", { version: "1.2.3+45", securityCounter: 7 }],
    ["security counter from the version", { version: "2.1.300", securityCounter: "auto" }],
    ["vendor and class", { version: "1.2.3", securityCounter: 7, vendorId: vid, classId: cid }],
    ["larger header", { version: "1.2.3", headerBytes: 48 }],
  ])("%s", (name, options) => {
    const made = makeImage(payloadOf(16), options, ed25519, crypto);
    expect(made).toEqual(image(name));
  });

  test("ECDSA: all but the signature, which is drawn anew", () => {
    const made = makeImage(payloadOf(16), { version: "1.2.3", securityCounter: 7 }, p256, crypto);
    const signatureAt = 32 + 16 + 12 + 4 + 36 + 36;
    const theirs = image("ECDSA P-256");
    // The area's length, at its bytes 2 and 3, counts the signature.
    theirs[62] = made[62] ?? 0;
    expect(made.subarray(0, signatureAt)).toEqual(theirs.subarray(0, signatureAt));
    expect(verdictText(made)).toBe("ok");
  });
});

/** Digests of images that imgtool made of a 1000-byte payload; they depend on no key. */
describe.each([
  [{ version: "1.2.3" }, "c0c5884bec8c3eb2719b7cad6d494f3aa6fc056978e864d8ab2979773ac0d97b"],
  [
    { version: "1.2.3+45", securityCounter: 7 },
    "1c96f42580217fd97fc971be15472185c967404b05d0ff1ec41aa8ec14b3671b",
  ],
])("1000 bytes, %o", (options, digest) => {
  test.each([ed25519, p256])("$publicKey.algorithm: made and verified", (signer) => {
    const verdict = verify(makeImage(payloadOf(1000), options, signer, crypto));
    expect(verdict.ok && Buffer.from(verdict.image.hash).toString("hex")).toBe(digest);
  });
});
