import type { Region } from "#agent/boot/strategy.ts";
import { sectorBytes, sectorStart } from "#agent/flash/sectors.ts";
import type { Flash } from "#hal/ports.ts";

/**
 * How an application of embassy-boot 0.7 writes an update (`write_firmware`): a sector is erased
 * whenever it is not the one erased last, and which that was is forgotten at a reset.
 */
export class FirmwareWriter {
  readonly #flash: Flash;
  readonly #dfu: Region;
  #erased: number | undefined;

  constructor(flash: Flash, dfu: Region) {
    this.#flash = flash;
    this.#dfu = dfu;
  }

  write(offset: number, data: Uint8Array): void {
    const { geometry } = this.#flash;
    let at = this.#dfu.address + offset;
    let rest = data;
    while (rest.length > 0) {
      const sector = sectorStart(geometry, at);
      if (sector !== this.#erased) {
        this.#flash.erase(sector);
        this.#erased = sector;
      }
      const sizeBytes = Math.min(rest.length, sector + sectorBytes(geometry, at) - at);
      this.#flash.program(at, rest.subarray(0, sizeBytes));
      rest = rest.subarray(sizeBytes);
      at += sizeBytes;
    }
  }
}
