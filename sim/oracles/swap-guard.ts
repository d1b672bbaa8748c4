import type { Region } from "#agent/boot/strategy.ts";
import type { FlashOperation } from "../flash/cuts.ts";
import type { NorFlash } from "../flash/nor.ts";
import { OracleViolation } from "./violation.ts";

export interface SwapGuardSetup {
  readonly banks: readonly [Region, Region];
  readonly pageBytes: number;
  /** The bytes of every image that may be confirmed, by the first eight bytes of its hash. */
  readonly images: ReadonlyMap<bigint, Uint8Array>;
}

/**
 * I3 where images are swapped: at every moment the confirmed image can be restored. Each page of it
 * lies in bank 0, or in bank 1 one page further on, and whatever is done to the one while booting,
 * the other holds it.
 */
export class SwapGuard {
  readonly #flash: NorFlash;
  readonly #setup: SwapGuardSetup;

  constructor(flash: NorFlash, setup: SwapGuardSetup) {
    this.#flash = flash;
    this.#setup = setup;
  }

  /** The same rule on another flash. */
  on(flash: NorFlash): SwapGuard {
    return new SwapGuard(flash, this.#setup);
  }

  /** Before `operation`. Nothing is asked for an image that is not known. */
  require(operation: FlashOperation, confirmedHashPrefix: bigint | undefined): void {
    const { banks, pageBytes, images } = this.#setup;
    const image = confirmedHashPrefix === undefined ? undefined : images.get(confirmedHashPrefix);
    if (image === undefined) return;
    const [first, second] = banks;
    const bank = overlaps(first, operation) ? 0 : 1;
    if (bank === 1 && !overlaps(second, operation)) return;
    const region = banks[bank];
    const touched = Math.floor((operation.address - region.address) / pageBytes);
    const page = bank === 0 ? touched : touched - 1;
    if (page < 0) return;
    const content = image.subarray(page * pageBytes, (page + 1) * pageBytes);
    const other = bank === 0 ? second.address + pageBytes : first.address;
    const found = new Uint8Array(content.length);
    this.#flash.read(other + page * pageBytes, found);
    if (content.every((byte, index) => byte === found[index])) return;
    throw new OracleViolation("I3", `page ${page} of the confirmed image is lost`);
  }
}

export function overlaps(region: Region, operation: FlashOperation): boolean {
  return (
    operation.address < region.address + region.sizeBytes &&
    operation.address + operation.sizeBytes > region.address
  );
}
