import { createRequire } from "node:module";

/** An independent LoRaWAN codec. Its declarations promise a `default` that its module lacks. */
export const loraPacket: typeof import("lora-packet").default = createRequire(import.meta.url)(
  "lora-packet",
);

/** lora-packet wants Buffers, and mutates some. */
export function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes);
}

export function plain(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw new Error("lora-packet has nothing here");
  return Uint8Array.from(bytes);
}

/** Unsigned integer as big-endian bytes, the order in which lora-packet takes addresses and nonces. */
export function bigEndian(value: number, sizeBytes: number): Buffer {
  const out = Buffer.alloc(sizeBytes);
  out.writeUIntBE(value, 0, sizeBytes);
  return out;
}

/** The upper half of a frame counter, little-endian. */
export function upperHalf(fCnt: number): Buffer {
  const out = Buffer.alloc(2);
  out.writeUInt16LE(Math.floor(fCnt / 65_536));
  return out;
}
