import { FlashFault } from "#hal/ports.ts";
import { succeeds } from "../flash/faults.ts";
import { findSwap, targetOf } from "./embassy-finding.ts";
import type { EmbassyImages } from "./embassy-images.ts";
import { confirmedRecord, type KeptRecord } from "./embassy-record.ts";
import { recoveredRecord } from "./embassy-recovery.ts";
import type { EmbassySwap } from "./embassy-swap.ts";
import { type BootRecord, hashPrefixOf, withState } from "./record.ts";
import type { BootDecision, BootReason, ImageIdentity } from "./strategy.ts";

const ACTIVE = 0;
const DFU = 1;

/** What runs before any application: swaps in, takes back, and chooses. */
export class EmbassyLoader {
  readonly #record: KeptRecord;
  readonly #swap: EmbassySwap;
  readonly #images: EmbassyImages;
  readonly #attemptsMax: number;

  constructor(record: KeptRecord, swap: EmbassySwap, images: EmbassyImages, attemptsMax: number) {
    this.#record = record;
    this.#swap = swap;
    this.#images = images;
    this.#attemptsMax = attemptsMax;
  }

  load(): BootDecision {
    if (!this.#record.load()) this.#recover();
    // Power may have failed between a confirmation and its anchor.
    this.#record.raiseAnchor();
    return this.#bootPending() ?? this.#bootActive() ?? this.#bootPrevious() ?? this.#refuse();
  }

  /** The trial of the pending image, once it is in ACTIVE. Undefined: no trial. */
  #bootPending(): BootDecision | undefined {
    if (this.#record.current.pending === undefined) return undefined;
    try {
      return this.#swapIn();
    } catch (error) {
      if (!(error instanceof FlashFault)) throw error;
      return undefined;
    }
  }

  #swapIn(): BootDecision | undefined {
    const record = this.#record.current;
    const found = findSwap(record, this.#swap, this.#images);
    if (found === "confirmed") return this.#finishConfirm();
    if (found === "takenBack") return this.#reject("attemptsExhausted", "revert");
    if (found === "invalid") return this.#reject("pendingInvalid", "boot");
    const { swapped, reverted } = this.#swap;
    this.#swap.run(found, swapped);
    let reason: BootReason = "attemptsExhausted";
    if (found <= swapped && record.attemptsLeft > 0) {
      const image = this.#images.active();
      if (isDfuImage(record, image)) {
        this.#swap.tidy(targetOf(record));
        const trial = this.#startTrial(image);
        if (trial !== undefined) return trial;
      } else reason = "pendingInvalid";
    }
    this.#swap.run(Math.max(found, swapped), reverted);
    return this.#reject(reason, "revert");
  }

  /** Counts the attempt before the jump. What cannot be counted does not run. */
  #startTrial(image: ImageIdentity): BootDecision | undefined {
    const attemptsLeft = this.#record.current.attemptsLeft - 1;
    return this.#record.tryCommit({ attemptsLeft }) ? this.#run(image, true) : undefined;
  }

  /** Power failed in {@link confirm}, when STATE no longer demanded anything. */
  #finishConfirm(): undefined {
    const image = this.#images.active();
    if (image === undefined) return undefined;
    this.#swap.tryDisarm("boot");
    this.#record.commitOrAssume(confirmedRecord(this.#record.current, image));
  }

  /** The image before it is in ACTIVE. */
  #reject(reason: BootReason, magic: "boot" | "revert"): undefined {
    const record = this.#record.current;
    this.#swap.tryDisarm(magic);
    this.#record.commitOrAssume({
      pending: undefined,
      attemptsLeft: 0,
      bankStates: withState(record, DFU, "bad"),
      lastReason: record.bankStates[DFU] === "bad" ? record.lastReason : reason,
    });
  }

  #bootActive(): BootDecision | undefined {
    const record = this.#record.current;
    const image = this.#images.active();
    if (image === undefined) return undefined;
    // What is on trial, or half swapped in, does not run uncounted.
    const isKnown = hashPrefixOf(image.hash) === record.banks[ACTIVE].hashPrefix;
    if (record.pending !== undefined && !isKnown) return undefined;
    // Whatever made STATE demand a swap: an embassy-boot must not do it.
    if (record.pending === undefined && this.#swap.state.isMagic("swap"))
      this.#swap.tryDisarm("boot");
    return this.#run(image, false);
  }

  /** The active image is gone; the one before it lies in DFU, where the swap has put it. */
  #bootPrevious(): BootDecision | undefined {
    const record = this.#record.current;
    const previous = this.#images.previous();
    if (record.bankStates[DFU] !== "confirmed" || !isDfuImage(record, previous)) return undefined;
    succeeds(() => this.#swap.restore());
    const image = this.#images.active();
    if (!isDfuImage(record, image)) return undefined;
    const bankStates = withState(record, ACTIVE, "confirmed");
    const banks = [record.banks[DFU], record.banks[DFU]] as const;
    this.#record.commitOrAssume({ bankStates, banks, lastReason: "activeInvalid" });
    return this.#run(image, false);
  }

  #recover(): void {
    succeeds(() => {
      const record = recoveredRecord(this.#swap, this.#images, this.#attemptsMax);
      if (record !== undefined) this.#record.commitOrAssume(record);
    });
  }

  #run(image: ImageIdentity, trial: boolean): BootDecision {
    return { ok: true, bank: ACTIVE, image, trial, report: this.#record.report() };
  }

  #refuse(): BootDecision {
    return { ok: false, report: this.#record.report() };
  }
}

function isDfuImage(
  { banks }: BootRecord,
  image: ImageIdentity | undefined,
): image is ImageIdentity {
  return image !== undefined && hashPrefixOf(image.hash) === banks[DFU].hashPrefix;
}
