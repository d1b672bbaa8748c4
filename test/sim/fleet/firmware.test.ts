import { describe, expect, test } from "vitest";
import { hashedPart, openPatch } from "#agent/delta/patch.ts";
import { type ImageReader, verifyImage } from "#agent/image/verify.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import type { PublicKey } from "#hal/ports.ts";
import {
  CLASS_ID,
  FACTORY_VERSION,
  type FirmwareDefect,
  type FirmwarePair,
  type FirmwareSpec,
  hexOf,
  makeFirmware,
  sameHash,
} from "#sim/fleet/firmware.ts";

const crypto = new NodeCrypto();
const seedOf = (byte: number) => new Uint8Array(32).fill(byte);
const ed25519 = NodeSigner.fromSeed("ed25519", seedOf(1));
const p256 = NodeSigner.fromSeed("ecdsa-p256", seedOf(2));
const vendor = NodeSigner.fromSeed("ed25519", seedOf(3));

const spec = (fields: Partial<FirmwareSpec> = {}): FirmwareSpec => ({
  sizeBytes: 4096,
  version: "2.0.0",
  defect: "none",
  ...fields,
});

function readerOf(image: Uint8Array): ImageReader {
  return {
    sizeBytes: image.length,
    read: (offset, target) => target.set(image.subarray(offset, offset + target.length)),
  };
}

/** What a device that runs the factory image says of an image. */
function verdictOf(image: Uint8Array, keys: readonly PublicKey[], securityCounterMin = 2) {
  return verifyImage(readerOf(image), { keys, securityCounterMin }, crypto);
}

function identityOf(image: Uint8Array, keys: readonly PublicKey[], securityCounterMin = 2) {
  const verdict = verdictOf(image, keys, securityCounterMin);
  if (!verdict.ok) throw new Error(verdict.detail);
  return verdict.image;
}

const payloadOf = ({ update }: FirmwarePair, sizeBytes: number) => update.slice(32, 32 + sizeBytes);

describe.each([
  ["ed25519", ed25519],
  ["ecdsa-p256", p256],
])("signed with %s", (_, signer) => {
  test.each([1024, 1027, 16_384])("an update is exactly %i bytes", (sizeBytes) => {
    for (const seed of [1, 2]) {
      const { update, keys } = makeFirmware(spec({ sizeBytes }), seed, signer, crypto);
      expect(update).toHaveLength(sizeBytes);
      expect(identityOf(update, keys).sizeBytes).toBe(sizeBytes);
    }
  });

  test("the factory image verifies, and its counter lets the update follow it", () => {
    const { factory, update, keys } = makeFirmware(spec(), 1, signer, crypto);
    const first = identityOf(factory, keys);
    const second = identityOf(update, keys);
    expect(first.version).toMatch(FACTORY_VERSION);
    expect(second.version).toMatch("2.0.0");
    expect(second.securityCounter).toBeGreaterThan(first.securityCounter);
    expect(sameHash(first, first.hash)).toBe(true);
    expect(sameHash(first, second.hash)).toBe(false);
  });

  test.each<[FirmwareDefect, string]>([
    ["badSignature", "signature"],
    ["badDigest", "digest"],
    ["downgrade", "downgrade"],
  ])("%s is refused for its %s, and is as long as a good one", (defect, reason) => {
    for (const seed of [1, 2]) {
      const pair = makeFirmware(spec({ defect }), seed, signer, crypto);
      expect(verdictOf(pair.update, pair.keys)).toMatchObject({ ok: false, reason });
      expect(pair.update).toHaveLength(4096);
      expect(pair.defect).toBe(defect);
    }
  });

  test("truncated: half of it, whose header says so", () => {
    const { update, keys } = makeFirmware(spec({ defect: "truncated" }), 1, signer, crypto);
    expect(update).toHaveLength(2048);
    expect(verdictOf(update, keys)).toMatchObject({ ok: false, reason: "imageFormat" });
  });

  test("wrongHardware: good but for the class that it names", () => {
    const { update, keys } = makeFirmware(spec({ defect: "wrongHardware" }), 1, signer, crypto);
    expect(update).toHaveLength(4096);
    expect(verdictOf(update, keys).ok).toBe(true);
    const policy = { keys, securityCounterMin: 0, classId: CLASS_ID };
    expect(verifyImage(readerOf(update), policy, crypto)).toMatchObject({
      ok: false,
      reason: "wrongHardware",
    });
  });

  test.each<FirmwareDefect>(["none", "crash", "noNetwork"])(
    "%s cannot be told from the file",
    (defect) => {
      const pair = makeFirmware(spec({ defect }), 1, signer, crypto);
      expect(pair.update).toEqual(makeFirmware(spec(), 1, signer, crypto).update);
      expect(verdictOf(pair.update, pair.keys).ok).toBe(true);
      expect(pair.defect).toBe(defect);
    },
  );

  test("the factory image of a bad update is good", () => {
    for (const defect of ["badSignature", "badDigest", "downgrade"] as const) {
      const { factory, keys } = makeFirmware(spec({ defect }), 1, signer, crypto);
      expect(verdictOf(factory, keys).ok).toBe(true);
    }
  });
});

test("a size without room for a payload is a bug of the caller", () => {
  const oneByte = { bytes: Uint8Array.of(0), trusted: [] };
  const overheadBytes = makeFirmware(spec(), 1, ed25519, crypto, oneByte).update.length - 1;
  for (const sizeBytes of [0, 100, overheadBytes]) {
    expect(() => makeFirmware(spec({ sizeBytes }), 1, ed25519, crypto)).toThrow(RangeError);
  }
});

test("one seed makes the same images every time, another one others", () => {
  const first = makeFirmware(spec(), 1, ed25519, crypto);
  expect(makeFirmware(spec(), 1, ed25519, crypto)).toEqual(first);
  const other = makeFirmware(spec(), 2, ed25519, crypto);
  expect(other.update).not.toEqual(first.update);
  expect(other.factory).not.toEqual(first.factory);
});

test("no two fragments of the payload are alike", () => {
  const { update } = makeFirmware(spec({ sizeBytes: 65_536 }), 1, ed25519, crypto);
  const fragments = new Set<string>();
  for (let at = 32; at + 32 <= 64_032; at += 32) fragments.add(hexOf(update.slice(at, at + 32)));
  expect(fragments.size).toBe(2000);
});

describe("a supplied payload", () => {
  const bytes = Uint8Array.from({ length: 777 }, (_, index) => index * 3);
  const supply = (defect: FirmwareDefect = "none", payload = bytes) =>
    makeFirmware(spec({ defect }), 1, ed25519, crypto, { bytes: payload, trusted: [] });

  test("is wrapped in a signed image of the scenario's version", () => {
    const pair = supply();
    expect(payloadOf(pair, bytes.length)).toEqual(bytes);
    expect(identityOf(pair.update, pair.keys).version).toMatch("2.0.0");
    expect(pair.keys).toEqual([ed25519.publicKey]);
  });

  test("may be a single byte", () => {
    const pair = supply("badDigest", Uint8Array.of(7));
    expect(verdictOf(pair.update, pair.keys)).toMatchObject({ ok: false, reason: "digest" });
    expect(payloadOf(pair, 1)).toEqual(Uint8Array.of(6));
  });

  test.each<[FirmwareDefect, string]>([
    ["badSignature", "signature"],
    ["badDigest", "digest"],
    ["downgrade", "downgrade"],
  ])("gets the defect %s", (defect, reason) => {
    const pair = supply(defect);
    expect(verdictOf(pair.update, pair.keys)).toMatchObject({ ok: false, reason });
  });
});

describe("a supplied image of a trusted signer", () => {
  const image = makeFirmware(spec({ version: "7.8.9" }), 9, vendor, crypto).update;
  const supplied = { bytes: image, trusted: [vendor.publicKey] };

  test("is sent as it is, and devices trust its key beside the factory's", () => {
    const pair = makeFirmware(spec(), 1, ed25519, crypto, supplied);
    expect(pair.update).toEqual(image);
    expect(pair.keys).toEqual([ed25519.publicKey, vendor.publicKey]);
    expect(identityOf(pair.update, pair.keys).version).toMatch("7.8.9");
    expect(identityOf(pair.factory, pair.keys).version).toMatch(FACTORY_VERSION);
  });

  test("nothing of it is spoiled: only its behaviour can be defective", () => {
    for (const defect of ["badSignature", "badDigest", "downgrade", "crash"] as const) {
      const pair = makeFirmware(spec({ defect }), 1, ed25519, crypto, supplied);
      expect(pair.update).toEqual(image);
      expect(pair.defect).toBe(defect);
    }
  });

  test("without its key no device would take it", () => {
    expect(verdictOf(image, [ed25519.publicKey])).toMatchObject({ ok: false, reason: "signature" });
  });
});

test("hexOf writes two lower-case digits a byte", () => {
  expect(hexOf(Uint8Array.of(0, 1, 0xab, 0xff))).toBe("0001abff");
  expect(hexOf(new Uint8Array(0))).toBe("");
});

test("hashes of different lengths are not the same", () => {
  const { factory, keys } = makeFirmware(spec(), 1, ed25519, crypto);
  const identity = identityOf(factory, keys);
  expect(sameHash(identity, identity.hash.slice(0, 31))).toBe(false);
  expect(sameHash(identity, Uint8Array.of(...identity.hash, 0))).toBe(false);
});

describe("sent as a patch", () => {
  const delta = { sizeBytes: 20_000, deltaPercent: 1 };

  /** What a device that runs the factory image makes of it. */
  function madeOf({ factory, sent }: FirmwarePair): Uint8Array | string {
    const base = hashedPart(readerOf(factory));
    if (base === undefined) throw new Error("the factory image is none");
    const bytes = new Uint8Array(base.sizeBytes);
    base.read(0, bytes);
    const hash = crypto.hashOf("sha256", bytes);
    const patch = openPatch(readerOf(sent), { reader: base, hash });
    if (!patch.ok) return patch.reason;
    const image = new Uint8Array(patch.header.targetBytes);
    expect(patch.decoder().fill(image)).toBe(true);
    return image;
  }

  test.each([
    ["ed25519", ed25519],
    ["ecdsa-p256", p256],
  ])("the update comes of it, %s", (_, signer) => {
    const pair = makeFirmware(spec(delta), 1, signer, crypto);
    expect(pair.sent.length).toBeLessThan(1500);
    expect(pair.update).toHaveLength(20_000);
    expect(identityOf(pair.factory, pair.keys).version).toMatch(FACTORY_VERSION);
    expect(madeOf(pair)).toEqual(pair.update);
  });

  test("the images differ in that many percent of their bytes", () => {
    const { factory, update } = makeFirmware(spec(delta), 1, ed25519, crypto);
    let different = 0;
    for (let at = 32; at < 19_800; at++) if (factory[at] !== update[at]) different += 1;
    expect(different).toBeGreaterThan(185);
    expect(different).toBeLessThanOrEqual(200);
  });

  test("or in one, at least", () => {
    const pair = makeFirmware(spec({ ...delta, deltaPercent: 0 }), 1, ed25519, crypto);
    expect(pair.factory.slice(32, 19_000)).not.toEqual(pair.update.slice(32, 19_000));
    expect(madeOf(pair)).toEqual(pair.update);
  });

  test("without it the image itself is sent", () => {
    const { sent, update } = makeFirmware(spec(), 1, ed25519, crypto);
    expect(sent).toBe(update);
  });

  test("to another image than the fleet runs: no device can use it", () => {
    const pair = makeFirmware(spec({ ...delta, defect: "wrongBase" }), 1, ed25519, crypto);
    expect(madeOf(pair)).toBe("wrongBase");
  });

  test("of a file that is a payload or an image", () => {
    const bytes = new Uint8Array(5000).fill(3);
    const wrapped = makeFirmware(spec(delta), 1, ed25519, crypto, { bytes, trusted: [] });
    expect(madeOf(wrapped)).toEqual(wrapped.update);
    const trusted = [vendor.publicKey];
    const image = makeFirmware(spec(), 9, vendor, crypto).update;
    const signed = makeFirmware(spec(delta), 1, ed25519, crypto, { bytes: image, trusted });
    expect(signed.update).toBe(image);
    expect(madeOf(signed)).toEqual(image);
    const broken = { bytes: image.subarray(0, 3000), trusted };
    expect(() => makeFirmware(spec(delta), 1, ed25519, crypto, broken)).toThrow(RangeError);
  });
});
