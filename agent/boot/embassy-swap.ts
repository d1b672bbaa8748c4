import { type Flash, FlashFault } from "#hal/ports.ts";
import { succeeds } from "../flash/faults.ts";
import type { EmbassyPartitions, EmbassyShape } from "./embassy-layout.ts";
import { EmbassyPages, type HalfStep, halfStepOf } from "./embassy-pages.ts";
import { EmbassyProgress } from "./embassy-progress.ts";
import type { SwapTarget } from "./embassy-spare.ts";

/** A page that cannot be erased or programmed this often in a row is given up. */
const TRIES = 3;

export interface EmbassySwapOptions {
  readonly rewritesMarks: boolean;
  readonly bufferBytes: number | undefined;
  readonly feed: () => void;
}

/**
 * The swap of ACTIVE and DFU and its revert, one after the other 4 × pages half-steps, each marked
 * in STATE when it is done. A half-step that power interrupted is done again: its source is intact.
 */
export class EmbassySwap {
  /** Half-steps after which the images have changed places. */
  readonly swapped: number;
  /** Half-steps after which they are back. */
  readonly reverted: number;
  readonly state: EmbassyProgress;
  readonly #shape: EmbassyShape;
  readonly #pages: EmbassyPages;

  constructor(
    flash: Flash,
    partitions: EmbassyPartitions,
    shape: EmbassyShape,
    { rewritesMarks, bufferBytes, feed }: EmbassySwapOptions,
  ) {
    this.swapped = 2 * shape.pages;
    this.reverted = 4 * shape.pages;
    this.state = new EmbassyProgress(flash, partitions.state, shape, rewritesMarks);
    this.#shape = shape;
    this.#pages = new EmbassyPages(flash, partitions, shape, bufferBytes, feed);
  }

  /**
   * Half-steps done, after a reset. Its last mark may read otherwise the next time, so it is made to
   * last before anything builds on it; a torn one counts when its copy is there.
   */
  resume(): number {
    const { done, isTorn } = this.state.progress();
    const isCopied = isTorn && this.#pages.isCopied(halfStepOf(done, this.#shape.pages));
    if (isCopied) {
      this.state.settle(done);
      return done + 1;
    }
    if (done > 0) this.state.settle(done - 1);
    return done;
  }

  /** Half-steps `from` to `to`, exclusive. */
  run(from: number, to: number): void {
    for (let index = from; index < to; index++) {
      this.#copy(halfStepOf(index, this.#shape.pages));
      this.state.mark(index);
    }
  }

  /**
   * What a swap left of the image before goes back to ACTIVE. It stays in DFU too: when power
   * fails, it is done again from the start.
   */
  restore(): void {
    for (let page = 0; page < this.#shape.pages; page++) {
      this.#copy({ from: "dfu", fromPage: page + 1, toPage: page });
    }
  }

  /** After {@link swapped} half-steps: leaves STATE as embassy-boot would have. */
  tidy(target: SwapTarget): void {
    if (!this.state.areMarked(this.swapped)) this.tryArm(target, this.swapped);
  }

  /** Without STATE the swap can still be taken back, as long as power holds. */
  tryArm(target: SwapTarget, done: number): void {
    succeeds(() => this.state.arm(target, done));
  }

  tryDisarm(magic: "boot" | "revert"): void {
    succeeds(() => this.state.disarm(magic));
  }

  #copy(step: HalfStep): void {
    for (let tries = 1; ; tries++) {
      try {
        this.#pages.copyReadable(step);
        return;
      } catch (error) {
        if (!(error instanceof FlashFault) || tries === TRIES) throw error;
      }
    }
  }
}
