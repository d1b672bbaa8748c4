import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readerOf } from "#agent/image/reader.ts";
import type { ImageRefusal } from "#agent/image/refusal.ts";
import { type ImagePolicy, verifyImage } from "#agent/image/verify.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { PublicKey } from "#hal/ports.ts";
import { parseIntelHex } from "#tools/hex.ts";

interface Fixture {
  readonly file: string;
  readonly command: string;
  readonly accepted?: {
    readonly version: string;
    readonly securityCounter: number;
    readonly hash: string;
    readonly sizeBytes: number;
  };
  readonly refused?: { readonly reason: ImageRefusal; readonly detail: string };
}

interface Manifest {
  readonly keys: readonly { readonly algorithm: PublicKey["algorithm"]; readonly bytes: string }[];
  readonly images: readonly Fixture[];
}

const folder = new URL("../../vectors/images/", import.meta.url);
const manifest: Manifest = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));
const crypto = new NodeCrypto();
const keys = manifest.keys.map(({ algorithm, bytes }) => ({ algorithm, bytes: bytesOf(bytes) }));
const IMAGE_BYTES_MAX = 65_536;

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** As a device gets it: what a file in Intel HEX says, or the file itself. */
function imageOf(file: string): Uint8Array {
  const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
  if (!file.endsWith(".hex")) return bytes;
  return parseIntelHex(Buffer.from(bytes).toString("latin1"), IMAGE_BYTES_MAX).bytes;
}

function verdictOf(bytes: Uint8Array, policy: Partial<ImagePolicy> = {}) {
  return verifyImage(readerOf(bytes), { keys, securityCounterMin: 0, ...policy }, crypto);
}

describe("what imgtool makes is accepted unchanged", () => {
  const accepted = manifest.images.filter((image) => image.accepted !== undefined);
  test.each(accepted)("$file: $command", ({ file, accepted: expected }) => {
    const verdict = verdictOf(imageOf(file));
    expect(verdict).toMatchObject({ ok: true });
    if (!verdict.ok || expected === undefined) return;
    const { version, securityCounter, sizeBytes, hash } = verdict.image;
    const found = { version, securityCounter, sizeBytes, hash: Buffer.from(hash).toString("hex") };
    expect(found).toEqual(expected);
  });
});

describe("what a device cannot run or trust is refused by name", () => {
  const refused = manifest.images.filter((image) => image.refused !== undefined);
  test.each(refused)("$file: $refused.reason", ({ file, refused: expected }) => {
    expect(verdictOf(imageOf(file))).toEqual({ ok: false, ...expected });
  });

  test.each<[string, Partial<ImagePolicy>, ImageRefusal]>([
    ["counter.bin", { securityCounterMin: 8 }, "downgrade"],
    ["ed25519.bin", { securityCounterMin: 1 }, "downgrade"],
    ["rom-fixed.bin", { bankAddress: 0x0801_0000 }, "imageFormat"],
    ["uuid-raw.bin", { vendorId: new Uint8Array(16) }, "wrongHardware"],
    ["ed25519.bin", { classId: new Uint8Array(16) }, "wrongHardware"],
    ["p256.bin", { keys: keys.slice(0, 1) }, "signature"],
    ["ed25519.bin", { keys: [] }, "signature"],
  ])("%s on a device that asks for more", (file, policy, reason) => {
    expect(verdictOf(imageOf(file), policy)).toMatchObject({ ok: false, reason });
  });

  test.each<[string, Partial<ImagePolicy>]>([
    ["counter.bin", { securityCounterMin: 7 }],
    ["rom-fixed.bin", { bankAddress: 0x0800_8000 }],
    ["erased-0-padded.bin", { erasedByte: 0x00 }],
    ["erased-0-confirmed.bin", { erasedByte: 0x00 }],
    ["uuid-raw.bin", { vendorId: bytesOf("12345678123456781234567812345678") }],
  ])("%s on a device that asks for just that", (file, policy) => {
    expect(verdictOf(imageOf(file), policy).ok).toBe(true);
  });
});

describe.each(["ed25519.bin", "ed25519-pure.bin", "p256.bin", "protected-all.bin"])(
  "%s",
  (file) => {
    const image = imageOf(file);

    test("every truncation is refused", () => {
      for (let length = 0; length < image.length; length++) {
        expect(verdictOf(image.subarray(0, length)).ok, `${length} bytes`).toBe(false);
      }
    });

    test("every byte that changes is refused", () => {
      for (let at = 0; at < image.length; at++) {
        const changed = image.slice();
        changed[at] = (changed[at] ?? 0) ^ 0x10;
        expect(verdictOf(changed).ok, `byte ${at}`).toBe(false);
      }
    });
  },
);
