import type { Flash } from "#hal/ports.ts";
import type { FlashLayout } from "./boot/layout.ts";
import type { BootStrategy, Region } from "./boot/strategy.ts";
import type { DeviceConfig } from "./config.ts";
import { Decoder } from "./fec/decoder.ts";
import { sectorBytes } from "./flash/sectors.ts";
import type { RecordSink } from "./journal/journal.ts";
import { SessionLog } from "./journal/session-log.ts";
import type { FragSetup, FragWork } from "./packages/frag-session.ts";
import type { BlockShape } from "./staging/block-map.ts";
import { type Place, placeOf, scratchSlots } from "./staging/place.ts";
import { Staging } from "./staging/staging.ts";

/** Index of the inactive bank among the places for blocks. */
export const BANK = 0;

/**
 * Where data blocks are put together. Place 0 is the inactive bank, where a block is an image; the
 * auxiliary regions of the layout follow, where it is just data. A session takes the first place
 * that is free and large enough; without one it is refused.
 */
export class Blocks {
  readonly #flash: Flash;
  readonly #layout: FlashLayout;
  readonly #boot: BootStrategy;
  readonly #config: Pick<DeviceConfig, "decoder" | "parityVariant">;

  constructor(
    ports: { readonly flash: Flash; readonly layout: FlashLayout; readonly boot: BootStrategy },
    config: Pick<DeviceConfig, "decoder" | "parityVariant">,
  ) {
    this.#flash = ports.flash;
    this.#layout = ports.layout;
    this.#boot = ports.boot;
    this.#config = config;
  }

  get granuleBytes(): number {
    return this.#flash.geometry.granuleBytes;
  }

  get placeCount(): number {
    return 1 + (this.#layout.auxiliary?.length ?? 0);
  }

  /** Undefined if the block does not fit there. */
  place(placeIndex: number, shape: BlockShape): Place | undefined {
    const sizeBytes = shape.nbFrag * shape.fragSize;
    if (placeIndex === BANK) {
      const block = this.#boot.updateRegion();
      if (sizeBytes > block.sizeBytes) return undefined;
      return placeOf(this.#flash.geometry, block, this.#layout.scratch);
    }
    const region = this.#layout.auxiliary?.[placeIndex - 1];
    return region === undefined ? undefined : this.#split(region, sizeBytes);
  }

  /** Most coded fragments that a session of this shape can hold there. */
  codedMax(place: Place, fragSize: number): number {
    const slots = scratchSlots(place, fragSize, this.granuleBytes);
    return Math.min(slots, this.#config.decoder.scratchFragments);
  }

  /** Makes the tools for a session whose place is known to fit. */
  open(setup: FragSetup, placeIndex: number, journal: RecordSink): FragWork {
    const place = this.place(placeIndex, setup);
    if (place === undefined) throw new RangeError(`no place ${placeIndex} for the block`);
    const log = new SessionLog(journal, setup.fragIndex);
    const staging = new Staging(this.#flash, place, setup, log);
    const { nbFrag, fragSize } = setup;
    const config = {
      variant: this.#config.parityVariant,
      nbFrag,
      fragSize,
      matrixRowsMax: this.#config.decoder.matrixRows,
      scratchFragmentsMax: this.codedMax(place, fragSize),
    };
    return { staging, decoder: new Decoder(config, staging), log };
  }

  /** Block first, in whole sectors; what is left is its scratch, of which the spare is a part. */
  #split(region: Region, sizeBytes: number): Place | undefined {
    const { geometry } = this.#flash;
    let blockBytes = 0;
    let largest = 0;
    while (blockBytes < sizeBytes && blockBytes < region.sizeBytes) {
      const sector = sectorBytes(geometry, region.address + blockBytes);
      blockBytes += sector;
      largest = Math.max(largest, sector);
    }
    const scratchBytes = region.sizeBytes - blockBytes;
    if (blockBytes < sizeBytes || scratchBytes < 2 * largest) return undefined;
    const block = { address: region.address, sizeBytes: blockBytes };
    const scratch = { address: region.address + blockBytes, sizeBytes: scratchBytes };
    return placeOf(geometry, block, scratch);
  }
}
