/** Integrity of a fragmented data block (TS004-2.0.0). */
import type { Crypto, Digest } from "#hal/ports.ts";

export const DATA_BLOCK_MIC_BYTES = 4;

/** `rootSecret` is the GenAppKey of a 1.0.x device, the AppKey of a 1.1 device. */
export function dataBlockIntKey(rootSecret: Uint8Array, crypto: Crypto): Uint8Array {
  const block = new Uint8Array(16);
  block[0] = 0x30;
  return crypto.aesEncrypt(rootSecret, block);
}

export interface DataBlock {
  readonly sessionCnt: number;
  readonly fragIndex: number;
  /** 4 bytes, in the order of the wire. */
  readonly descriptor: Uint8Array;
  /** Without padding. */
  readonly sizeBytes: number;
}

/**
 * Starts the MIC: feed it the block without its padding, {@link DataBlock.sizeBytes} in all. The
 * MIC is the first {@link DATA_BLOCK_MIC_BYTES} bytes of the digest.
 */
export function dataBlockMic(intKey: Uint8Array, block: DataBlock, crypto: Crypto): Digest {
  const mac = crypto.aesCmac(intKey);
  mac.update(dataBlockB0(block));
  return mac;
}

export function dataBlockB0(block: DataBlock): Uint8Array {
  const { sessionCnt, fragIndex, descriptor, sizeBytes } = block;
  const b0 = new Uint8Array(16);
  const view = new DataView(b0.buffer);
  b0[0] = 0x49;
  view.setUint16(1, sessionCnt, true);
  b0[3] = fragIndex;
  b0.set(descriptor, 4);
  view.setUint32(12, sizeBytes, true);
  return b0;
}
