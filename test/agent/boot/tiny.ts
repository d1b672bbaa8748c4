import { crc32 } from "#agent/boot/crc32.ts";
import type { FlashLayout } from "#agent/boot/layout.ts";
import type { ImageIdentity, Region, VerifyImage } from "#agent/boot/strategy.ts";
import type { Flash, FlashGeometry } from "#hal/ports.ts";

/** Small enough to try everything: four sectors a bank, four records a state sector. */
export const SECTOR_BYTES = 128;
export const BANK_SECTORS = 4;
const STATE_BYTES = 256;

export const tinyLayout: FlashLayout = {
  banks: [
    { address: 0, sizeBytes: BANK_SECTORS * SECTOR_BYTES },
    { address: 512, sizeBytes: BANK_SECTORS * SECTOR_BYTES },
  ],
  state: [
    { address: 1024, sizeBytes: STATE_BYTES },
    { address: 1280, sizeBytes: STATE_BYTES },
  ],
  journal: { address: 1536, sizeBytes: 256 },
  scratch: { address: 1792, sizeBytes: 256 },
};

const geometries = new Map<number, FlashGeometry>();

export function tinyGeometry(granuleBytes: number): FlashGeometry {
  let geometry = geometries.get(granuleBytes);
  if (geometry === undefined) {
    geometry = {
      sizeBytes: 2048,
      granuleBytes,
      sectors: [
        { address: 0, sizeBytes: SECTOR_BYTES, count: 8 },
        { address: 1024, sizeBytes: STATE_BYTES, count: 4 },
      ],
    };
    geometries.set(granuleBytes, geometry);
  }
  return geometry;
}

export const TINY_IMAGE_BYTES = 320;
const MAGIC = 0x594e_4954;

/** A stand-in for a real image: magic, size, version, security counter, payload, CRC-32. */
export function tinyImage(major: number, securityCounter = 1): Uint8Array {
  const bytes = new Uint8Array(TINY_IMAGE_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 16; at < bytes.length; at++) bytes[at] = (at * 7 + major * 31 + (at >> 4)) & 0xff;
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, TINY_IMAGE_BYTES, true);
  view.setUint32(8, major, true);
  view.setUint32(12, securityCounter, true);
  view.setUint32(TINY_IMAGE_BYTES - 4, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

export function identifyTiny(bytes: Uint8Array): ImageIdentity | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== TINY_IMAGE_BYTES) {
    return undefined;
  }
  const checksum = crc32(bytes.subarray(0, TINY_IMAGE_BYTES - 4));
  if (view.getUint32(TINY_IMAGE_BYTES - 4, true) !== checksum) return undefined;
  const hash = new Uint8Array(32);
  new DataView(hash.buffer).setUint32(0, checksum, true);
  return {
    version: `${view.getUint32(8, true)}.0.0+0`,
    hash,
    securityCounter: view.getUint32(12, true),
    sizeBytes: TINY_IMAGE_BYTES,
  };
}

export function tinyIdentity(major: number, securityCounter = 1): ImageIdentity {
  const image = identifyTiny(tinyImage(major, securityCounter));
  if (image === undefined) throw new RangeError("a tiny image that does not verify");
  return image;
}

export function verifyTiny(flash: Flash): VerifyImage {
  return (region: Region, securityCounterMin: number) => {
    const bytes = new Uint8Array(TINY_IMAGE_BYTES);
    flash.read(region.address, bytes);
    const image = identifyTiny(bytes);
    if (image === undefined || image.securityCounter < securityCounterMin) return { ok: false };
    return { ok: true, image };
  };
}

/** What an updater does between openUpdate() and stage(): erase the bank, program the image. */
export function writeTiny(flash: Flash, region: Region, image: Uint8Array): void {
  for (let sector = 0; sector < BANK_SECTORS; sector++) {
    flash.erase(region.address + sector * SECTOR_BYTES);
  }
  for (let at = 0; at < image.length; at += 64) {
    flash.program(region.address + at, image.subarray(at, at + 64));
  }
}
