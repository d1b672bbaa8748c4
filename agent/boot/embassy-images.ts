import { FlashFault } from "#hal/ports.ts";
import type { EmbassyLayout } from "./embassy-layout.ts";
import type { KeptRecord } from "./embassy-record.ts";
import type { ImageIdentity, Region, VerifyImage } from "./strategy.ts";

/** The images as they verify now in the places where they may lie; undefined: none does. */
export class EmbassyImages {
  readonly #layout: EmbassyLayout;
  /** Where a swap leaves the image that was in ACTIVE. */
  readonly #previous: Region;
  readonly #verify: VerifyImage;
  readonly #record: KeptRecord;
  readonly #feed: () => void;

  constructor(
    layout: EmbassyLayout,
    pageBytes: number,
    verify: VerifyImage,
    record: KeptRecord,
    feed: () => void,
  ) {
    const { active, dfu } = layout;
    this.#layout = layout;
    this.#previous = { address: dfu.address + pageBytes, sizeBytes: active.sizeBytes };
    this.#verify = verify;
    this.#record = record;
    this.#feed = feed;
  }

  /** Where an update goes: what is larger than ACTIVE could not be swapped in. */
  get updateRegion(): Region {
    return { address: this.#layout.dfu.address, sizeBytes: this.#layout.active.sizeBytes };
  }

  active(): ImageIdentity | undefined {
    return this.#look(this.#layout.active);
  }

  /** In DFU before a swap, and again after its revert. */
  staged(): ImageIdentity | undefined {
    return this.#look(this.updateRegion);
  }

  /** In DFU after a swap. */
  previous(): ImageIdentity | undefined {
    return this.#look(this.#previous);
  }

  /** A second look, because a read may fail once. */
  #look(region: Region): ImageIdentity | undefined {
    return this.#verifyOnce(region) ?? this.#verifyOnce(region);
  }

  #verifyOnce(region: Region): ImageIdentity | undefined {
    const securityCounter = this.#record.securityCounterMin;
    this.#feed();
    try {
      const verdict = this.#verify(region, securityCounter);
      if (!verdict.ok || verdict.image.securityCounter < securityCounter) return undefined;
      return verdict.image;
    } catch (error) {
      if (!(error instanceof FlashFault)) throw error;
      return undefined;
    }
  }
}
