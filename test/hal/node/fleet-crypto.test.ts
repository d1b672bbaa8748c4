import { generateKeyPairSync, sign } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { FleetCrypto } from "#hal/node/fleet-crypto.ts";
import type { PublicKey } from "#hal/ports.ts";

afterEach(() => vi.restoreAllMocks());

const message = Uint8Array.from({ length: 40 }, (_, index) => index);

function ed25519(): { readonly key: PublicKey; readonly signature: Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const bytes = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  return { key: { algorithm: "ed25519", bytes }, signature: sign(null, message, privateKey) };
}

/** The same bytes in another buffer, one bit turned. */
function turned(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe("a signature's verdict", () => {
  const { key, signature } = ed25519();

  test("is found once, whoever asks with whichever buffers", () => {
    const verify = vi.spyOn(NodeCrypto.prototype, "verify");
    const crypto = new FleetCrypto();
    for (let device = 0; device < 5; device++) {
      const own = { ...key, bytes: key.bytes.slice() };
      expect(crypto.verify(own, message.slice(), signature.slice())).toBe(true);
    }
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("is another for any other bit of key, message and signature, also after a good one", () => {
    const crypto = new FleetCrypto();
    expect(crypto.verify(key, message, signature)).toBe(true);
    for (const at of [0, 13, 31]) {
      const otherKey = { ...key, bytes: turned(key.bytes, at) };
      expect(crypto.verify(otherKey, message, signature)).toBe(false);
      expect(crypto.verify(key, turned(message, at), signature)).toBe(false);
      expect(crypto.verify(key, message, turned(signature, at))).toBe(false);
    }
    expect(crypto.verify(ed25519().key, message, signature)).toBe(false);
    expect(crypto.verify(key, message, signature)).toBe(true);
  });

  test("does not depend on where key, signature and message meet", () => {
    const verify = vi.spyOn(NodeCrypto.prototype, "verify").mockReturnValue(true);
    const crypto = new FleetCrypto();
    const all = Uint8Array.from({ length: 130 }, (_, index) => index);
    for (const [first, second] of [
      [32, 96],
      [33, 96],
      [32, 97],
    ] as const) {
      crypto.verify(
        { algorithm: "ed25519", bytes: all.subarray(0, first) },
        all.subarray(second),
        all.subarray(first, second),
      );
    }
    expect(verify).toHaveBeenCalledTimes(3);
  });

  test("is remembered for so many only", () => {
    const verify = vi.spyOn(NodeCrypto.prototype, "verify").mockReturnValue(false);
    const crypto = new FleetCrypto();
    const ask = (which: number) =>
      crypto.verify(key, message, Uint8Array.of(which >> 8, which & 0xff));
    for (let which = 0; which <= 1000; which++) ask(which);
    ask(1000);
    expect(verify).toHaveBeenCalledTimes(1001);
    ask(0);
    expect(verify).toHaveBeenCalledTimes(1002);
  });
});
