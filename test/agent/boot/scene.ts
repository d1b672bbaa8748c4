import { BankBoot } from "#agent/boot/bank-boot.ts";
import { crc32 } from "#agent/boot/crc32.ts";
import type { FlashLayout } from "#agent/boot/layout.ts";
import type { BootStrategy, ImageIdentity, Region, VerifyImage } from "#agent/boot/strategy.ts";
import type { Flash, FlashGeometry } from "#hal/ports.ts";
import type { NorFlash } from "#sim/flash/nor.ts";
import type { NorOptions } from "#sim/flash/nor-options.ts";
import type { SwapGuard } from "#sim/oracles/swap-guard.ts";

export const ATTEMPTS_MAX = 3;

/** In bytes; a bank is whole sectors, a state sector is one, and a program is whole granules. */
export interface SceneSizes {
  readonly bankBytes: number;
  readonly sectorBytes: number;
  readonly stateBytes: number;
  readonly imageBytes: number;
  /** What the updater programs at once. */
  readonly programBytes: number;
}

const MAGIC = 0x594e_4954;

/** Flash and images of a device under test: banks, two state sectors, journal, scratch. */
export class Scene {
  readonly sizes: SceneSizes;
  readonly layout: FlashLayout;
  readonly norOptions: NorOptions = {};
  /** What a cut may cost beside writing the bank once more. */
  readonly operationsPerCutMax: number = 15;
  /** In use within one call only. */
  readonly #image: Uint8Array;
  readonly #geometries = new Map<number, FlashGeometry>();
  /** Every image made so far, by its checksum: what is one of them need not be summed again. */
  readonly #made = new Map<number, Uint8Array>();

  constructor(sizes: SceneSizes) {
    this.sizes = sizes;
    this.#image = new Uint8Array(sizes.imageBytes);
    const { bankBytes, stateBytes } = sizes;
    const behind = (index: number) => ({
      address: 2 * bankBytes + index * stateBytes,
      sizeBytes: stateBytes,
    });
    this.layout = {
      banks: [
        { address: 0, sizeBytes: bankBytes },
        { address: bankBytes, sizeBytes: bankBytes },
      ],
      state: [behind(0), behind(1)],
      journal: behind(2),
      scratch: behind(3),
    };
  }

  geometry(granuleBytes: number): FlashGeometry {
    let geometry = this.#geometries.get(granuleBytes);
    if (geometry === undefined) {
      const { bankBytes, sectorBytes, stateBytes } = this.sizes;
      geometry = {
        sizeBytes: 2 * bankBytes + 4 * stateBytes,
        granuleBytes,
        sectors: [
          { address: 0, sizeBytes: sectorBytes, count: (2 * bankBytes) / sectorBytes },
          { address: 2 * bankBytes, sizeBytes: stateBytes, count: 4 },
        ],
      };
      this.#geometries.set(granuleBytes, geometry);
    }
    return geometry;
  }

  /** A stand-in for a real image: magic, size, version, security counter, payload, CRC-32. */
  image(major: number, securityCounter = 1): Uint8Array {
    const bytes = new Uint8Array(this.sizes.imageBytes);
    const view = new DataView(bytes.buffer);
    for (let at = 16; at < bytes.length; at++) bytes[at] = (at * 7 + major * 31 + (at >> 4)) & 0xff;
    view.setUint32(0, MAGIC, true);
    view.setUint32(4, bytes.length, true);
    view.setUint32(8, major, true);
    view.setUint32(12, securityCounter, true);
    const checksum = crc32(bytes.subarray(0, -4));
    view.setUint32(bytes.length - 4, checksum, true);
    this.#made.set(checksum, bytes);
    return bytes;
  }

  /** `bytes` are as many as an image has. */
  identify(bytes: Uint8Array): ImageIdentity | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== bytes.length) {
      return undefined;
    }
    const checksum = view.getUint32(bytes.length - 4, true);
    const made = this.#made.get(checksum);
    const isKnown = made !== undefined && Buffer.compare(made, bytes) === 0;
    if (!isKnown && checksum !== crc32(bytes.subarray(0, -4))) return undefined;
    const hash = new Uint8Array(32);
    new DataView(hash.buffer).setUint32(0, checksum, true);
    return {
      version: `${view.getUint32(8, true)}.0.0+0`,
      hash,
      securityCounter: view.getUint32(12, true),
      sizeBytes: bytes.length,
    };
  }

  identity(major: number, securityCounter = 1): ImageIdentity {
    const image = this.identify(this.image(major, securityCounter));
    if (image === undefined) throw new RangeError("an image that does not verify");
    return image;
  }

  verify(flash: Flash): VerifyImage {
    return (region: Region, securityCounterMin: number) => {
      const bytes = this.#image;
      flash.read(region.address, bytes);
      const image = this.identify(bytes);
      if (image === undefined || image.securityCounter < securityCounterMin) return { ok: false };
      return { ok: true, image };
    };
  }

  bootOn(flash: Flash): BootStrategy {
    return new BankBoot(flash, this.layout, this.verify(flash), { attemptsMax: ATTEMPTS_MAX });
  }

  /** Where booting moves images. */
  swapGuardOn(_flash: NorFlash): SwapGuard | undefined {
    return undefined;
  }

  /** What an updater does between openUpdate() and stage(): erase the bank, program the image. */
  write(flash: Flash, region: Region, image: Uint8Array): void {
    const { sectorBytes, programBytes } = this.sizes;
    for (let at = 0; at < region.sizeBytes; at += sectorBytes) flash.erase(region.address + at);
    for (let at = 0; at < image.length; at += programBytes) {
      flash.program(region.address + at, image.subarray(at, at + programBytes));
    }
  }
}
