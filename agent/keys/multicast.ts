/** Keys of multicast groups (TS005-1.0.0 and 2.0.0): each is one AES-128 block away from the last. */
import type { Crypto } from "#hal/ports.ts";

export type LorawanVersion = "1.0" | "1.1";

const BLOCK_BYTES = 16;

/** `rootSecret` is the GenAppKey of a 1.0.x device, the AppKey of a 1.1 device. */
export function mcRootKey(
  version: LorawanVersion,
  rootSecret: Uint8Array,
  crypto: Crypto,
): Uint8Array {
  return crypto.aesEncrypt(rootSecret, tagBlock(version === "1.0" ? 0x00 : 0x20));
}

export function mcKEKey(rootKey: Uint8Array, crypto: Crypto): Uint8Array {
  return crypto.aesEncrypt(rootKey, tagBlock(0x00));
}

/** Device side. It encrypts what arrives encrypted, so that it never needs AES decryption. */
export function unwrapMcKey(kek: Uint8Array, wrapped: Uint8Array, crypto: Crypto): Uint8Array {
  return crypto.aesEncrypt(kek, wrapped);
}

/** Server side: the McKey_encrypted of a McGroupSetupReq. */
export function wrapMcKey(kek: Uint8Array, mcKey: Uint8Array, crypto: Crypto): Uint8Array {
  return crypto.aesDecrypt(kek, mcKey);
}

export interface McSessionKeys {
  readonly mcAppSKey: Uint8Array;
  readonly mcNwkSKey: Uint8Array;
}

export function mcSessionKeys(mcKey: Uint8Array, mcAddr: number, crypto: Crypto): McSessionKeys {
  return {
    mcAppSKey: crypto.aesEncrypt(mcKey, tagBlock(0x01, mcAddr)),
    mcNwkSKey: crypto.aesEncrypt(mcKey, tagBlock(0x02, mcAddr)),
  };
}

/** One octet, an address in little-endian order, zeros. */
function tagBlock(tag: number, address = 0): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block[0] = tag;
  new DataView(block.buffer).setUint32(1, address, true);
  return block;
}
