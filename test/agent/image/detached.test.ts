import { describe, expect, test } from "vitest";
import { verifyDetached } from "#agent/image/detached.ts";
import { CountingReader, crypto, payloadOf } from "./raw-image.ts";

const blob = payloadOf(40_000);
const sha256 = crypto.hashOf("sha256", blob);

function verify(slot: Uint8Array, changes: { sizeBytes?: number; version?: string } = {}) {
  return verifyDetached(
    new CountingReader(slot),
    { sizeBytes: blob.length, sha256, ...changes },
    crypto,
  );
}

describe("a blob whose size and digest come from elsewhere", () => {
  test("is good wherever the slot ends", () => {
    const slot = new Uint8Array(65_536).fill(0xff);
    slot.set(blob);
    for (const content of [blob, slot]) {
      const verdict = verify(content);
      expect(verdict).toMatchObject({
        ok: true,
        image: { version: "0.0.0+0", securityCounter: 0, sizeBytes: 40_000 },
      });
      expect(verdict.ok && verdict.image.hash).toEqual(sha256);
    }
  });

  test("has the version it is said to have", () => {
    expect(verify(blob, { version: "3.1.4+1" })).toMatchObject({ image: { version: "3.1.4+1" } });
  });

  test("another byte, or another size, is another blob", () => {
    const bad = blob.slice();
    bad[39_999] = 0;
    const digest = {
      ok: false,
      reason: "digest",
      detail: "the hash differs from the expected one",
    };
    expect(verify(bad)).toEqual(digest);
    expect(verify(blob, { sizeBytes: 39_999 })).toEqual(digest);
  });

  test.each([0, -1, 40_001, Number.POSITIVE_INFINITY, Number.NaN, 1.5])(
    "%d bytes cannot be",
    (sizeBytes) => {
      expect(verify(blob, { sizeBytes })).toMatchObject({ ok: false, reason: "imageFormat" });
    },
  );

  test.each([31, 33])("a digest of %i bytes matches nothing", (length) => {
    const expected = { sizeBytes: blob.length, sha256: new Uint8Array(length) };
    expected.sha256.set(sha256.subarray(0, Math.min(length, 32)));
    const verdict = verifyDetached(new CountingReader(blob), expected, crypto);
    expect(verdict).toMatchObject({ reason: "digest" });
  });
});
