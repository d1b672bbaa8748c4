import { FLAG, HEADER_BYTES, IMAGE_MAGIC, TLV_AREA_HEADER_BYTES, viewOf } from "./format.ts";
import { type Refused, refused } from "./refusal.ts";
import type { ImageVersion } from "./version.ts";

/** The fixed part of the header; `headerBytes` may say that the payload starts later. */
export interface ImageHeader {
  readonly loadAddress: number;
  readonly headerBytes: number;
  readonly protectedBytes: number;
  readonly payloadBytes: number;
  readonly flags: number;
  readonly version: ImageVersion;
}

/** Header, payload and protected TLVs: what the hash and the signature cover. */
export function hashedBytesOf(header: ImageHeader): number {
  return header.headerBytes + header.payloadBytes + header.protectedBytes;
}

/** Decodes the first 32 bytes, and refuses sizes that cannot be true in `slotBytes`. */
export function decodeHeader(
  bytes: Uint8Array,
  slotBytes: number,
): { readonly ok: true; readonly header: ImageHeader } | Refused {
  if (bytes.length < HEADER_BYTES || slotBytes < HEADER_BYTES) {
    return refused("imageFormat", "shorter than an image header");
  }
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== IMAGE_MAGIC) {
    return refused("imageFormat", "does not begin with the magic of an MCUboot image");
  }
  const header: ImageHeader = {
    loadAddress: view.getUint32(4, true),
    headerBytes: view.getUint16(8, true),
    protectedBytes: view.getUint16(10, true),
    payloadBytes: view.getUint32(12, true),
    flags: view.getUint32(16, true),
    version: {
      major: view.getUint8(20),
      minor: view.getUint8(21),
      revision: view.getUint16(22, true),
      build: view.getUint32(24, true),
    },
  };
  if (header.headerBytes < HEADER_BYTES) {
    return refused("imageFormat", `claims a header of ${header.headerBytes} bytes, at least 32`);
  }
  if (header.protectedBytes > 0 && header.protectedBytes < TLV_AREA_HEADER_BYTES) {
    return refused("imageFormat", `claims protected TLVs of ${header.protectedBytes} bytes`);
  }
  // Sums of u16 and u32 are exact in a double, so nothing wraps around.
  const needed = hashedBytesOf(header) + TLV_AREA_HEADER_BYTES;
  if (needed > slotBytes) {
    return refused("imageFormat", `claims at least ${needed} bytes, there are ${slotBytes}`);
  }
  return { ok: true, header };
}

export function encodeHeader(header: ImageHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, IMAGE_MAGIC, true);
  view.setUint32(4, header.loadAddress, true);
  view.setUint16(8, header.headerBytes, true);
  view.setUint16(10, header.protectedBytes, true);
  view.setUint32(12, header.payloadBytes, true);
  view.setUint32(16, header.flags, true);
  view.setUint8(20, header.version.major);
  view.setUint8(21, header.version.minor);
  view.setUint16(22, header.version.revision, true);
  view.setUint32(24, header.version.build, true);
  return bytes;
}

const UNSUPPORTED_FLAGS: readonly (readonly [number, string])[] = [
  [FLAG.encryptedAes128 | FLAG.encryptedAes256, "is encrypted; this device takes plain images"],
  [
    FLAG.compressedLzma1 | FLAG.compressedLzma2 | FLAG.compressedArmThumb,
    "is compressed; this device takes plain images",
  ],
  [FLAG.nonBootable, "is marked as not bootable"],
  [FLAG.ramLoad, "is to be loaded into RAM (RAM_LOAD); this device runs images from flash"],
];

/** What the flags say that this device cannot do; undefined when it can run the image. */
export function refusalOfFlags(header: ImageHeader, bankAddress?: number): Refused | undefined {
  for (const [mask, problem] of UNSUPPORTED_FLAGS) {
    if ((header.flags & mask) !== 0) return refused("imageFormat", problem);
  }
  const isFixed = (header.flags & FLAG.romFixed) !== 0;
  if (isFixed && bankAddress !== undefined && header.loadAddress !== bankAddress) {
    const [built, here] = [header.loadAddress, bankAddress].map((it) => it.toString(16));
    return refused("imageFormat", `is built for address 0x${built} (ROM_FIXED), not for 0x${here}`);
  }
  return undefined;
}
