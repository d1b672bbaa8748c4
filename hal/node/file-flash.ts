import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { type Flash, FlashFault, type FlashGeometry } from "../ports.ts";
import type { FileLock } from "./file-lock.ts";

/**
 * Flash in a file: its bytes, and nothing else, so that any hex viewer shows what a dump of a chip
 * would. Every program and erase is on the disk before the call returns.
 *
 * Being erased is reading so: a granule that was programmed with erased bytes throughout may be
 * programmed once more. An input or output error of the file system is a {@link FlashFault}.
 */
export class FileFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly #erasedByte: 0xff | 0x00;
  readonly #file: number;
  readonly #lock: FileLock | undefined;
  #isOpen = true;

  /**
   * Opens `path`, or makes it, erased. Throws when the file is there but has another size. A lock is
   * released with it.
   */
  constructor(path: string, geometry: FlashGeometry, lock?: FileLock) {
    this.geometry = geometry;
    this.#lock = lock;
    this.#erasedByte = geometry.erasedByte ?? 0xff;
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT);
    const { size } = fstatSync(this.#file);
    if (size === 0) this.#write("erase", 0, this.#erased(geometry.sizeBytes));
    else if (size !== geometry.sizeBytes) {
      closeSync(this.#file);
      throw new Error(`${path} holds ${size} bytes, the flash has ${geometry.sizeBytes}`);
    }
  }

  close(): void {
    this.#isOpen = false;
    closeSync(this.#file);
    this.#lock?.release();
  }

  read(address: number, target: Uint8Array): void {
    this.#requireSpan(address, target.length);
    let done = 0;
    while (done < target.length) {
      const count = this.#try("read", address, () =>
        readSync(this.#file, target, done, target.length - done, address + done),
      );
      if (count === 0) throw new FlashFault("read", address + done);
      done += count;
    }
  }

  program(address: number, source: Uint8Array): void {
    this.#requireSpan(address, source.length);
    const { granuleBytes } = this.geometry;
    if (address % granuleBytes !== 0 || source.length % granuleBytes !== 0) {
      throw new RangeError(`program of ${source.length} bytes at ${address} is not whole granules`);
    }
    const before = new Uint8Array(source.length);
    this.read(address, before);
    if (before.some((byte) => byte !== this.#erasedByte)) {
      throw new RangeError(`a granule at or after 0x${address.toString(16)} is already programmed`);
    }
    this.#write("program", address, source);
  }

  erase(address: number): void {
    const sizeBytes = this.#sectorBytes(address);
    this.#write("erase", address, this.#erased(sizeBytes));
  }

  #erased(sizeBytes: number): Uint8Array {
    return new Uint8Array(sizeBytes).fill(this.#erasedByte);
  }

  #sectorBytes(address: number): number {
    for (const { address: start, sizeBytes, count } of this.geometry.sectors) {
      const offset = address - start;
      if (offset < 0 || offset >= sizeBytes * count) continue;
      if (offset % sizeBytes === 0) return sizeBytes;
    }
    throw new RangeError(`no sector starts at address ${address}`);
  }

  #write(operation: "program" | "erase", address: number, bytes: Uint8Array): void {
    this.#try(operation, address, () => {
      let done = 0;
      while (done < bytes.length) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, address + done);
      }
      fdatasyncSync(this.#file);
    });
  }

  #try<T>(operation: "read" | "program" | "erase", address: number, run: () => T): T {
    // The number of a closed file may by now mean another one.
    if (!this.#isOpen) throw new RangeError("the flash file is closed");
    try {
      return run();
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error;
      throw Object.assign(new FlashFault(operation, address), { cause: error });
    }
  }

  #requireSpan(address: number, sizeBytes: number): void {
    if (
      !Number.isInteger(address) ||
      address < 0 ||
      address + sizeBytes > this.geometry.sizeBytes
    ) {
      throw new RangeError(`span of ${sizeBytes} bytes at ${address} is outside the flash`);
    }
  }
}
