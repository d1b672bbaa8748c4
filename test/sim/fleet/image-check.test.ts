import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { type Flash, FlashFault, PowerLoss } from "#hal/ports.ts";
import { makeFirmware } from "#sim/fleet/firmware.ts";
import { imageCheck } from "#sim/fleet/image-check.ts";

const crypto = new NodeCrypto();
const signer = NodeSigner.fromSeed("ed25519", new Uint8Array(32).fill(1));
const stranger = NodeSigner.fromSeed("ed25519", new Uint8Array(32).fill(2));
const spec = { sizeBytes: 2048, version: "2.0.0", defect: "none" } as const;
const { update, factory } = makeFirmware(spec, 1, signer, crypto);

const BANK_BYTES = 16_384;
const BANK_A = { address: 4096, sizeBytes: BANK_BYTES };
const BANK_B = { address: 4096 + BANK_BYTES, sizeBytes: BANK_BYTES };

/** A flash that can only be read, and only inside its two banks. */
class ReadOnlyFlash implements Flash {
  readonly geometry = { sizeBytes: 4096 + 2 * BANK_BYTES, granuleBytes: 8, sectors: [] };
  readonly bytes = new Uint8Array(4096 + 2 * BANK_BYTES).fill(0xff);
  fault: Error | undefined;

  read(address: number, target: Uint8Array): void {
    if (this.fault !== undefined) throw this.fault;
    const end = address + target.length;
    if (address < BANK_A.address || end > this.bytes.length) throw new RangeError(`${address}`);
    target.set(this.bytes.subarray(address, end));
  }

  program(): void {
    throw new RangeError("a check programs nothing");
  }

  erase(): void {
    throw new RangeError("a check erases nothing");
  }
}

function bench(inA: Uint8Array, inB: Uint8Array, keys = [signer.publicKey]) {
  const flash = new ReadOnlyFlash();
  flash.bytes.set(inA, BANK_A.address);
  flash.bytes.set(inB, BANK_B.address);
  return { flash, check: imageCheck(flash, keys, crypto) };
}

test("it reads the bank that it is asked about", () => {
  const { check } = bench(factory, update);
  const a = check(BANK_A, 0);
  const b = check(BANK_B, 0);
  expect(a).toMatchObject({ ok: true, image: { securityCounter: 2, sizeBytes: factory.length } });
  expect(b).toMatchObject({ ok: true, image: { securityCounter: 3, sizeBytes: 2048 } });
});

test("the identity has the SHA-256 of header, payload and protected TLVs", () => {
  const verdict = bench(factory, update).check(BANK_B, 0);
  if (!verdict.ok) throw new Error("refused");
  const view = new DataView(update.buffer, update.byteOffset);
  const covered = 32 + view.getUint16(10, true) + view.getUint32(12, true);
  expect(verdict.image.hash).toEqual(crypto.hashOf("sha256", update.subarray(0, covered)));
});

test.each([
  [2, true],
  [3, true],
  [4, false],
])("at least security counter %i: %s", (securityCounterMin, ok) => {
  expect(bench(factory, update).check(BANK_B, securityCounterMin).ok).toBe(ok);
});

describe("refused without a word", () => {
  test("an empty bank, and one that was zeroed", () => {
    const { check } = bench(new Uint8Array(0), new Uint8Array(BANK_BYTES));
    expect(check(BANK_A, 0)).toEqual({ ok: false });
    expect(check(BANK_B, 0)).toEqual({ ok: false });
  });

  test("an image of a stranger", () => {
    expect(bench(factory, update, [stranger.publicKey]).check(BANK_A, 0)).toEqual({ ok: false });
  });

  test("an image that a power cut truncated", () => {
    for (const kept of [8, 32, 1000, 1900, 2040]) {
      const { check } = bench(factory, update.slice(0, kept));
      expect(check(BANK_B, 0)).toEqual({ ok: false });
    }
  });

  test("a bit that flipped, anywhere", () => {
    for (let at = 0; at < update.length; at += 61) {
      const { flash, check } = bench(factory, update);
      flash.bytes[BANK_B.address + at] = (flash.bytes[BANK_B.address + at] ?? 0) ^ 0x10;
      expect(check(BANK_B, 0), `byte ${at}`).toEqual({ ok: false });
    }
  });

  test("an image that claims more than the bank holds", () => {
    const { check } = bench(factory, update);
    expect(check({ ...BANK_B, sizeBytes: 2047 }, 0)).toEqual({ ok: false });
    expect(check({ ...BANK_B, sizeBytes: 2048 }, 0).ok).toBe(true);
  });
});

test("what follows a good image is no reason not to run it", () => {
  const { flash, check } = bench(factory, update);
  flash.bytes[BANK_B.address + 5000] = 0x00;
  expect(check(BANK_B, 0).ok).toBe(true);
});

test.each([
  ["a sick cell", new FlashFault("read", 4096)],
  ["a power loss", new PowerLoss()],
])("%s during the check passes through", (_, fault) => {
  const { flash, check } = bench(factory, update);
  flash.fault = fault;
  expect(() => check(BANK_A, 0)).toThrow(fault);
});
