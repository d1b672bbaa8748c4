import { type Flash, FlashFault } from "#hal/ports.ts";
import { holds, succeeds } from "../flash/faults.ts";
import type { EmbassyShape } from "./embassy-layout.ts";
import { SpareWords, type SwapTarget } from "./embassy-spare.ts";
import { type EmbassyMagic, EmbassyState } from "./embassy-state.ts";
import type { Region } from "./strategy.ts";

/** An erase or a program that fails this often in a row has failed. */
const TRIES = 3;

/** How far a swap or its revert is. */
export interface Progress {
  /** Half-steps done. */
  readonly done: number;
  /** Somebody has begun to mark the next one as done, or its mark has rotted. */
  readonly isTorn: boolean;
}

/**
 * STATE, written so that embassy-boot reads it and so that we know more: the words and the order of
 * operations are those of {@link EmbassyState}; behind them lie a seal, which is written last, and
 * notes for marks that power has torn. What cannot be read is not there.
 */
export class EmbassyProgress {
  readonly #flash: Flash;
  readonly #region: Region;
  readonly #shape: EmbassyShape;
  readonly #state: EmbassyState;
  readonly #spare: SpareWords;
  readonly #rewritesMarks: boolean;
  readonly #marked: number;

  /** `rewritesMarks`: the flash takes a mark once more, also over a torn one. */
  constructor(flash: Flash, region: Region, shape: EmbassyShape, rewritesMarks: boolean) {
    this.#flash = flash;
    this.#region = region;
    this.#shape = shape;
    this.#state = new EmbassyState(flash, region, shape);
    this.#spare = new SpareWords(flash, region, shape);
    this.#rewritesMarks = rewritesMarks;
    this.#marked = ~shape.erasedByte & 0xff;
  }

  /** Everything in it is as {@link arm} left it, but for marks. */
  isArmed(target: SwapTarget): boolean {
    return this.saysSwap() && this.isSealed(target);
  }

  isSealed(target: SwapTarget): boolean {
    return this.#spare.isSealed(target);
  }

  /** What embassy-boot would take for a swap whose progress is valid. */
  saysSwap(): boolean {
    return this.isMagic("swap") && this.#answers(() => this.#state.isProgressValid());
  }

  isMagic(magic: EmbassyMagic): boolean {
    return this.#answers(() => this.#state.isMagic(magic));
  }

  /** This magic, written after an erase that was complete: no interrupted erase looks like it. */
  isOnly(magic: "boot" | "revert"): boolean {
    if (!this.isMagic(magic)) return false;
    const { wordBytes, erasedByte } = this.#shape;
    const { address, sizeBytes } = this.#region;
    const rest = new Uint8Array(sizeBytes - wordBytes).fill(erasedByte);
    return holds(this.#flash, address + wordBytes, rest);
  }

  /**
   * Demands a swap to `target` of which `done` half-steps are done.
   *
   * @throws FlashFault when STATE does not take it
   */
  arm(target: SwapTarget, done: number): void {
    this.#rewrite(() => {
      for (let index = 0; index < done; index++) this.#state.markDone(index);
      this.#state.writeMagic("swap");
      this.#spare.seal(target);
      return this.isArmed(target) && this.progress().done === done;
    });
  }

  /**
   * Demands nothing any more.
   *
   * @throws FlashFault when STATE does not take it
   */
  disarm(magic: "boot" | "revert"): void {
    this.#rewrite(() => {
      this.#state.writeMagic(magic);
      return this.isOnly(magic);
    });
  }

  /** Marks are made in turn, so the last one speaks for those before it. */
  progress(): Progress {
    let done = this.#spare.highestNoted() + 1;
    const all = 4 * this.#shape.pages;
    for (let index = all - 1; index >= done; index--) {
      if (this.#isMarked(index)) done = index + 1;
    }
    return { done, isTorn: done < all && !this.#isErased(done) };
  }

  /** Would embassy-boot count them all? */
  areMarked(done: number): boolean {
    return this.#answers(() => this.#state.progress() >= done);
  }

  /** Half-step `index` is done. */
  mark(index: number): void {
    if (!this.#isErased(index)) {
      this.settle(index);
      return;
    }
    if (!this.#writeMark(index)) this.#spare.note(index);
  }

  /** Makes a mark last that may be torn, or read now so and now so. */
  settle(index: number): void {
    if (this.#rewritesMarks && this.#writeMark(index)) return;
    if (this.#spare.highestNoted() < index) this.#spare.note(index);
  }

  #writeMark(index: number): boolean {
    return succeeds(() => this.#state.markDone(index)) && this.#isMarked(index);
  }

  #isMarked(index: number): boolean {
    return this.#answers(() => this.#state.mark(index).every((byte) => byte === this.#marked));
  }

  #isErased(index: number): boolean {
    const { erasedByte } = this.#shape;
    return this.#answers(() => this.#state.mark(index).every((byte) => byte === erasedByte));
  }

  /** As embassy-boot does: first invalid, then erased, then what `write` writes. */
  #rewrite(write: () => boolean): void {
    succeeds(() => {
      if (this.#state.isProgressValid()) this.#state.invalidate();
    });
    for (let tries = 0; tries < TRIES; tries++) {
      const isWritten = this.#answers(() => {
        this.#state.erase();
        return write();
      });
      if (isWritten) return;
    }
    throw new FlashFault("program", this.#region.address);
  }

  /** Not, if the flash fails. */
  #answers(question: () => boolean): boolean {
    try {
      return question();
    } catch (error) {
      if (!(error instanceof FlashFault)) throw error;
      return false;
    }
  }
}
