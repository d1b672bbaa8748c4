import { type Flash, FlashFault, type MonotonicCounter, type Watchdog } from "#hal/ports.ts";
import { targetOf } from "./embassy-finding.ts";
import { EmbassyImages } from "./embassy-images.ts";
import { type EmbassyLayout, embassyShapeOf } from "./embassy-layout.ts";
import { EmbassyLoader } from "./embassy-loader.ts";
import { confirmedRecord, KeptRecord } from "./embassy-record.ts";
import { EmbassySwap } from "./embassy-swap.ts";
import { type BootRecord, entryOf, withState } from "./record.ts";
import type {
  BootDecision,
  BootReport,
  BootStrategy,
  ImageIdentity,
  Region,
  VerifyImage,
} from "./strategy.ts";

export interface EmbassyBootOptions {
  /** Trials of a staged image before it is given up. A real embassy-boot gives one. */
  readonly attemptsMax: number;
  /** The flash takes all zeros (ones, if it erases to zero) over a word that is programmed or torn. */
  readonly rewritesMarks?: boolean;
  /** What is copied at once; a divisor of the page, which it is if not said. */
  readonly bufferBytes?: number;
  /** Holds the security counter where no loss of boot records can lower it. */
  readonly anchor?: MonotonicCounter;
  /** Started before anything else runs, fed before each page and each verification. */
  readonly watchdog?: Watchdog;
}

const ACTIVE = 0;
const DFU = 1;

/**
 * One place to run from: an image is swapped into ACTIVE by the bootloader, and back out if it does
 * not confirm itself. Partitions, state words and the order of writing them are embassy-boot's
 * (0.7), so that one could take over; a boot record in two sectors of its own, and the spare words
 * of STATE, hold what it lacks. docs/embassy-boot.md says which of its weaknesses that mends.
 *
 * STATE demands a swap only while the record says that one is pending: the record is written first
 * when an image is staged, and last when it is confirmed, taken back or given up. In between, the
 * images in the partitions decide.
 */
export class EmbassyBoot implements BootStrategy {
  readonly #options: EmbassyBootOptions;
  readonly #record: KeptRecord;
  readonly #swap: EmbassySwap;
  readonly #images: EmbassyImages;
  readonly #loader: EmbassyLoader;
  /** The image that runs, when it is a trial. */
  #trial: ImageIdentity | undefined;

  constructor(
    flash: Flash,
    layout: EmbassyLayout,
    verify: VerifyImage,
    options: EmbassyBootOptions,
  ) {
    const { attemptsMax, rewritesMarks = false, bufferBytes, anchor, watchdog } = options;
    const feed = () => watchdog?.feed();
    const shape = embassyShapeOf(flash, layout);
    this.#options = options;
    this.#record = new KeptRecord(flash, layout.records, anchor);
    this.#swap = new EmbassySwap(flash, layout, shape, { rewritesMarks, bufferBytes, feed });
    this.#images = new EmbassyImages(layout, shape.pageBytes, verify, this.#record, feed);
    this.#loader = new EmbassyLoader(this.#record, this.#swap, this.#images, attemptsMax);
  }

  /** Swaps and takes back, and so erases and programs both banks. */
  boot(): BootDecision {
    this.#options.watchdog?.start();
    this.#trial = undefined;
    const decision = this.#loader.load();
    if (decision.ok && decision.trial) this.#trial = decision.image;
    return decision;
  }

  report(): BootReport {
    return this.#record.report();
  }

  updateRegion(): Region {
    return this.#images.updateRegion;
  }

  openUpdate(updateId: number): Region {
    this.#requireNoTrial("openUpdate");
    const record = this.#record.current;
    const isOpen = record.pending === undefined && record.bankStates[DFU] === "dirty";
    if (!isOpen || record.updateId !== updateId || record.lastReason !== "none") {
      this.#withdraw(record);
      this.#record.commit({
        pending: undefined,
        attemptsLeft: 0,
        bankStates: withState(record, DFU, "dirty"),
        lastReason: "none",
        updateId,
      });
    }
    return this.updateRegion();
  }

  stage(image: ImageIdentity): void {
    this.#requireNoTrial("stage");
    const record = this.#record.current;
    const entry = entryOf(image);
    const isStaged = record.pending === DFU && record.attemptsLeft === record.attemptsMax;
    if (isStaged && record.banks[DFU].hashPrefix === entry.hashPrefix) return;
    if (record.bankStates[DFU] !== "dirty") throw new RangeError("stage() of no open update");
    const { state } = this.#swap;
    // Who asked has been told by now; from here on it means that this image was taken back.
    if (state.isMagic("revert")) state.disarm("boot");
    const { attemptsMax } = this.#options;
    this.#record.commit({
      pending: DFU,
      attemptsLeft: attemptsMax,
      attemptsMax,
      bankStates: withState(record, DFU, "ready"),
      banks: [record.banks[ACTIVE], entry],
    });
    try {
      state.arm(targetOf(this.#record.current), 0);
    } catch (error) {
      if (error instanceof FlashFault) this.#record.commit(record);
      throw error;
    }
  }

  abandon(): void {
    const record = this.#record.current;
    if (record.pending === undefined && record.bankStates[DFU] !== "dirty") return;
    if (this.#trial !== undefined) {
      // Pending until the next boot has taken it back.
      const bankStates = withState(record, DFU, "bad");
      this.#record.commit({ attemptsLeft: 0, bankStates, lastReason: "abandoned" });
      return;
    }
    this.#withdraw(record);
    this.#record.commit({
      pending: undefined,
      attemptsLeft: 0,
      bankStates: withState(record, DFU, "dirty"),
      lastReason: "abandoned",
    });
  }

  /** STATE first, then the record: power that fails in between takes nothing back. */
  confirm(): void {
    const trial = this.#trial;
    if (trial === undefined) return;
    const record = this.#record.current;
    if (record.bankStates[DFU] !== "ready") throw new RangeError("confirm() of an abandoned trial");
    const { state } = this.#swap;
    if (!state.isOnly("boot")) state.disarm("boot");
    this.#record.commit(confirmedRecord(record, trial));
    this.#trial = undefined;
    this.#record.raiseAnchor();
  }

  /** Before the record changes, so that no embassy-boot swaps in what may be erased next. */
  #withdraw({ pending }: BootRecord): void {
    if (pending !== undefined) this.#swap.state.disarm("boot");
  }

  #requireNoTrial(call: string): void {
    if (this.#trial !== undefined) throw new RangeError(`${call}() during an unconfirmed trial`);
  }
}
