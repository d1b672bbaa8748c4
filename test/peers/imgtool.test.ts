import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MakeOptions, makeImage } from "#agent/image/make.ts";
import { readerOf } from "#agent/image/reader.ts";
import { verifyImage } from "#agent/image/verify.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { classIdOf, vendorIdOf } from "#tools/image/uuid.ts";

/** MCUboot's own `imgtool` (PyPI), on the PATH or where IMGTOOL says: images both ways. */

const crypto = new NodeCrypto();
const ed25519 = NodeSigner.generate("ed25519");
const p256 = NodeSigner.generate("ecdsa-p256");
const signers = [
  ["ed25519", ed25519],
  ["ecdsa-p256", p256],
] as const;

let folder = "";
const path = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fuota-imgtool-"));
  for (const [name, signer] of signers) {
    writeFileSync(path(`${name}.pem`), signer.privatePem());
    writeFileSync(path(`${name}.pub.pem`), signer.publicPem());
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function imgtool(...args: readonly string[]): { readonly status: number; readonly text: string } {
  const run = spawnSync(process.env["IMGTOOL"] ?? "imgtool", args, { encoding: "utf8" });
  if (run.error !== undefined) throw run.error;
  return { status: run.status ?? -1, text: run.stdout + run.stderr };
}

function theirs(payload: Uint8Array, key: string, ...options: readonly string[]): Uint8Array {
  writeFileSync(path("payload.bin"), payload);
  const base = ["sign", "--pad-header", "-k", path(`${key}.pem`), "-S", "0x80000"];
  const { status, text } = imgtool(...base, ...options, path("payload.bin"), path("image.bin"));
  expect(status, text).toBe(0);
  return new Uint8Array(readFileSync(path("image.bin")));
}

function verdictOf(image: Uint8Array, signer: NodeSigner) {
  const policy = { keys: [signer.publicKey], securityCounterMin: 0 };
  return verifyImage(readerOf(image), policy, crypto);
}

function payloadOf(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 73) ^ (index >> 7));
}

const vendorId = vendorIdOf("vendor.example");
const classId = classIdOf("sensor, class 2", vendorId);
if (classId === undefined) throw new RangeError("a name in a vendor's space is always a class");

const forms: readonly (readonly [string, readonly string[], MakeOptions])[] = [
  ["plain", ["-v", "1.2.3", "-H", "32"], { version: "1.2.3" }],
  [
    "extreme version",
    ["-v", "255.255.65535+4294967295", "-H", "32"],
    { version: "255.255.65535+4294967295" },
  ],
  ["large header", ["-v", "0.0.1", "-H", "0x200"], { version: "0.0.1", headerBytes: 0x200 }],
  [
    "security counter",
    ["-v", "1.0.0", "-H", "32", "-s", "4294967295"],
    { version: "1.0.0", securityCounter: 0xffff_ffff },
  ],
  [
    "security counter from the version",
    ["-v", "3.1.400+9", "-H", "32", "-s", "auto"],
    { version: "3.1.400+9", securityCounter: "auto" },
  ],
  [
    "vendor and class by name",
    ["-v", "1.0.0", "-H", "64", "-s", "3", "--vid", "vendor.example", "--cid", "sensor, class 2"],
    { version: "1.0.0", headerBytes: 64, securityCounter: 3, vendorId, classId },
  ],
];

describe.each([0, 1, 1000, 70_001])("payload of %i bytes", (sizeBytes) => {
  const payload = payloadOf(sizeBytes);

  test.each(forms)("%s: the same bytes", (_, args, options) => {
    const image = theirs(payload, "ed25519", ...args);
    expect(Buffer.compare(makeImage(payload, options, ed25519, crypto), image)).toBe(0);
    expect(verdictOf(image, ed25519).ok).toBe(true);
  });

  test.each(forms)("%s: the same bytes under an ECDSA signature", (_, args, options) => {
    const image = theirs(payload, "ecdsa-p256", ...args);
    const made = makeImage(payload, options, p256, crypto);
    const [ours, their] = [made, image].map((bytes) => {
      const verdict = verdictOf(bytes, p256);
      return verdict.ok ? { ...verdict.image, sizeBytes: 0 } : verdict;
    });
    expect(ours).toEqual(their);
    expect(ours).toHaveProperty("version");
  });

  test.each(signers)("imgtool verifies ours: %s", (name, signer) => {
    writeFileSync(
      path("ours.bin"),
      makeImage(payload, { version: "1.2.3", securityCounter: 7 }, signer, crypto),
    );
    const { status, text } = imgtool("verify", "-k", path(`${name}.pub.pem`), path("ours.bin"));
    expect(status, text).toBe(0);
  });
});

test("a header laid over the room in the payload", () => {
  const payload = new Uint8Array(0x200 + 500);
  payload.set(payloadOf(500), 0x200);
  writeFileSync(path("room.bin"), payload);
  const args = ["sign", "-k", path("ed25519.pem"), "-S", "0x8000", "-H", "0x200", "-v", "1.0.0"];
  expect(imgtool(...args, path("room.bin"), path("image.bin")).status).toBe(0);
  const options = { version: "1.0.0", headerBytes: 0x200, payloadHasRoom: true };
  const image = makeImage(payload, options, ed25519, crypto);
  expect(Buffer.compare(image, readFileSync(path("image.bin")))).toBe(0);
});

describe("forms that only imgtool makes", () => {
  test.each([
    ["pure", ["--pure"]],
    ["SHA-512", ["--sha", "512"]],
    ["dependencies", ["-d", "(1, 1.0.2+3), (2, 0.1.0)"]],
    ["custom TLVs", ["--custom-tlv", "0x00a0", "0x1234", "--custom-tlv", "0xa1", "text"]],
    ["boot record", ["--boot-record", "CoFM"]],
    ["ROM_FIXED", ["-F", "0x8000"]],
    ["pad", ["--pad"]],
    ["test", ["--test"]],
    ["confirm", ["--confirm"]],
    ["confirm, 16", ["--confirm", "--align", "16"]],
    ["confirm, 32", ["--confirm", "--align", "32", "--max-align", "32"]],
    ["overwrite only", ["--pad", "--overwrite-only"]],
  ])("%s: accepted", (_, options) => {
    const image = theirs(payloadOf(1000), "ed25519", "-v", "1.2.3", "-H", "32", ...options);
    expect(verdictOf(image, ed25519)).toMatchObject({ ok: true, image: { version: "1.2.3+0" } });
  });

  test("ECDSA signatures padded for old bootloaders: accepted, whatever their length", () => {
    for (let index = 0; index < 8; index++) {
      const image = theirs(
        payloadOf(100 + index),
        "ecdsa-p256",
        "-v",
        "1",
        "-H",
        "32",
        "--pad-sig",
      );
      expect(verdictOf(image, p256).ok).toBe(true);
    }
  });
});

test("what imgtool does not verify, we do not either", () => {
  const good = makeImage(payloadOf(64), { version: "1.0.0", securityCounter: 1 }, ed25519, crypto);
  // A byte each of header, payload, protected TLVs, hash, signature.
  for (const at of [20, 40, 105, 120, good.length - 1]) {
    const bad = good.slice();
    bad[at] = (bad[at] ?? 0) ^ 0x10;
    writeFileSync(path("bad.bin"), bad);
    const { status } = imgtool("verify", "-k", path("ed25519.pub.pem"), path("bad.bin"));
    expect([at, status === 0, verdictOf(bad, ed25519).ok]).toEqual([at, false, false]);
  }
});
