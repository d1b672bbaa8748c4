import type { Flash } from "#hal/ports.ts";
import { type EmbassyPartitions, type EmbassyShape, embassyShapeOf } from "./embassy-layout.ts";
import { EmbassyPages, halfStepOf } from "./embassy-pages.ts";
import { type EmbassyMagic, EmbassyState } from "./embassy-state.ts";
import type {
  BootDecision,
  BootReport,
  BootStrategy,
  ImageIdentity,
  Region,
  VerifyImage,
} from "./strategy.ts";

/** What embassy-boot jumps to is not looked at. */
const UNKNOWN_IMAGE: ImageIdentity = {
  version: "0.0.0+0",
  hash: new Uint8Array(32),
  securityCounter: 0,
  sizeBytes: 0,
};

/**
 * What embassy-boot 0.7 does, operation by operation, with all its weaknesses (docs/embassy-boot.md).
 * `EmbassyBoot` is what a device should use.
 *
 * Of the promises of {@link BootStrategy} it keeps few: no record, no update id, no verification, one
 * trial that any reset ends, no atomic commits, and {@link boot} throws `FlashFault`.
 */
export class FaithfulEmbassyBoot implements BootStrategy {
  readonly #partitions: EmbassyPartitions;
  readonly #verify: VerifyImage;
  readonly #shape: EmbassyShape;
  readonly #state: EmbassyState;
  readonly #pages: EmbassyPages;
  /** As last read or set; stays readable when power is gone. */
  #magic: EmbassyMagic | undefined;
  #isTrial = false;

  /** `verify` finds the names of images, and decides nothing. */
  constructor(
    flash: Flash,
    partitions: EmbassyPartitions,
    verify: VerifyImage,
    options: { readonly bufferBytes?: number } = {},
  ) {
    this.#partitions = partitions;
    this.#verify = verify;
    this.#shape = embassyShapeOf(flash, partitions);
    this.#state = new EmbassyState(flash, partitions.state, this.#shape);
    this.#pages = new EmbassyPages(flash, partitions, this.#shape, options.bufferBytes);
  }

  boot(): BootDecision {
    this.#magic = undefined;
    const { pages } = this.#shape;
    if (this.#state.readMagic() === "swap") {
      if (this.#state.progress() < 2 * pages) this.#run(0, 2 * pages);
      else this.#revert();
    }
    this.#isTrial = this.#current() === "swap";
    const verdict = this.#verify(this.#partitions.active, 0);
    const image = verdict.ok ? verdict.image : UNKNOWN_IMAGE;
    return { ok: true, bank: 0, image, trial: this.#isTrial, report: this.report() };
  }

  report(): BootReport {
    const magic = this.#current();
    const states = { boot: "dirty", dfuDetach: "dirty", swap: "ready", revert: "bad" } as const;
    return {
      active: 0,
      pending: magic === "swap" ? 1 : undefined,
      bankStates: ["confirmed", states[magic]],
      attemptsLeft: magic === "swap" && !this.#isTrial ? 1 : 0,
      securityCounter: 0,
      lastReason: magic === "revert" ? "attemptsExhausted" : "none",
      updateId: 0,
    };
  }

  updateRegion(): Region {
    return this.#partitions.dfu;
  }

  /** Writes nothing: that an update has begun is not remembered. */
  openUpdate(): Region {
    if (this.#current() === "swap") throw new RangeError("openUpdate() of a staged update");
    return this.#partitions.dfu;
  }

  stage(): void {
    this.#setMagic("swap");
  }

  /** During a trial it writes nothing: the next reset takes the image back anyway. */
  abandon(): void {
    if (this.#current() === "swap" && !this.#isTrial) this.#setMagic("boot");
  }

  confirm(): void {
    if (this.#isTrial) this.#setMagic("boot");
    this.#isTrial = false;
  }

  #setMagic(magic: EmbassyMagic): void {
    this.#state.setMagic(magic);
    this.#magic = magic;
  }

  #revert(): void {
    const { pages } = this.#shape;
    this.#run(2 * pages, 4 * pages);
    this.#state.invalidate();
    this.#state.erase();
    this.#state.writeMagic("revert");
  }

  #run(from: number, to: number): void {
    for (let index = from; index < to; index++) {
      if (this.#state.progress() > index) continue;
      this.#pages.copy(halfStepOf(index, this.#shape.pages));
      this.#state.markDone(index);
    }
  }

  #current(): EmbassyMagic {
    this.#magic ??= this.#state.readMagic();
    return this.#magic;
  }
}
