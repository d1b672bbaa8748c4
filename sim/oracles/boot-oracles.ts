import type { FlashLayout } from "#agent/boot/layout.ts";
import { type BootRecord, hashPrefixOf, isNewer, otherThan } from "#agent/boot/record.ts";
import type {
  BankIndex,
  BootDecision,
  BootReport,
  BootStrategy,
  ImageIdentity,
  Region,
} from "#agent/boot/strategy.ts";
import type { FlashOperation } from "../flash/cuts.ts";
import type { NorFlash } from "../flash/nor.ts";
import { newestRecord } from "./flash-truth.ts";
import { overlaps, type SwapGuard } from "./swap-guard.ts";
import { OracleViolation } from "./violation.ts";

export interface OracleSetup {
  readonly flash: NorFlash;
  readonly layout: FlashLayout;
  readonly attemptsMax: number;
  /** What the device was born with, confirmed. */
  readonly factory: ImageIdentity;
  /** Does the bank hold this image? Found without the code under test, or with it and anew. */
  readonly holds: (bank: BankIndex, image: ImageIdentity) => boolean;
  /** Would this image confirm itself when it runs, whatever else happens? If not, I8 is silent. */
  readonly isGood: (image: ImageIdentity) => boolean;
  /** Someone else looks for devices with nothing to boot: I1 is silent. */
  readonly mayBrick?: boolean;
  /** `false`: a strategy without our boot record. Of I3 in a swap, I7 and I11 nothing is asked. */
  readonly keepsRecord?: false;
  /** Where booting moves images, and every image runs in bank 0: what I3 asks then. */
  readonly swapGuard?: SwapGuard;
}

/**
 * The rules of booting, checked at every call and every flash operation of a device whose only
 * adversity is power loss (and what leaves one whole copy of the boot record).
 *
 * Put {@link watch} around a strategy, tell {@link cut} of every power loss. I12 (flash discipline)
 * is trapped by the simulator itself: a `RangeError` that reaches the test is the violation.
 */
export class BootOracles {
  readonly #setup: OracleSetup;
  readonly #confirmed: Set<bigint>;
  /** Bank that must not be touched; undefined from a reset until the bootloader has decided. */
  #protected: BankIndex | undefined;
  #inBoot = false;
  /** Newest image whose confirm() returned. */
  #floor: ImageIdentity;
  #securityCounter: number;
  #staged: ImageIdentity | undefined;
  #trialsSinceStage = 0;
  #cutsSinceStage = 0;
  /** Attempts that the last trial decision left in flash. */
  #attemptsLeft = Number.POSITIVE_INFINITY;
  /** The newest record, as read since anything was done to it. */
  #truth: { readonly record: BootRecord | undefined } | undefined;
  boots = 0;
  cuts = 0;

  constructor(setup: OracleSetup) {
    this.#setup = setup;
    this.#confirmed = new Set([hashPrefixOf(setup.factory.hash)]);
    this.#floor = setup.factory;
    this.#securityCounter = setup.factory.securityCounter;
    setup.flash.onOperation = (operation) => this.#onOperation(operation);
  }

  /** The same past on a clone of the flash. Only between two boots. */
  fork(flash: NorFlash, holds: OracleSetup["holds"]): BootOracles {
    const { swapGuard, ...setup } = this.#setup;
    const guard = swapGuard === undefined ? {} : { swapGuard: swapGuard.on(flash) };
    const copy = new BootOracles({ ...setup, ...guard, flash, holds });
    for (const hash of this.#confirmed) copy.#confirmed.add(hash);
    copy.#floor = this.#floor;
    copy.#securityCounter = this.#securityCounter;
    copy.#staged = this.#staged;
    copy.#trialsSinceStage = this.#trialsSinceStage;
    copy.#cutsSinceStage = this.#cutsSinceStage;
    copy.#attemptsLeft = this.#attemptsLeft;
    copy.boots = this.boots;
    copy.cuts = this.cuts;
    return copy;
  }

  /** The supply failed: what ran is gone. */
  cut(): void {
    this.cuts += 1;
    this.#cutsSinceStage += 1;
    this.#protected = undefined;
  }

  watch(boot: BootStrategy): BootStrategy {
    return {
      boot: () => this.#boot(boot),
      report: () => boot.report(),
      updateRegion: () => boot.updateRegion(),
      openUpdate: (updateId) => this.#openUpdate(boot, updateId),
      stage: (image) => this.#stage(boot, image),
      abandon: () => {
        boot.abandon();
        this.#staged = undefined;
        this.#requireTruth(boot.report());
      },
      confirm: () => this.#confirm(boot),
    };
  }

  #boot(boot: BootStrategy): BootDecision {
    this.boots += 1;
    this.#truth = undefined;
    this.#protected = undefined;
    this.#inBoot = true;
    let decision: BootDecision;
    try {
      decision = boot.boot();
    } finally {
      this.#inBoot = false;
    }
    this.#requireNoFalseVerdict(decision.report);
    if (!decision.ok) {
      if (this.#setup.mayBrick === true) return decision;
      throw new OracleViolation("I1", "nothing boots");
    }
    this.#requireVerified(decision.bank, decision.image);
    this.#requireCounter(decision.image);
    this.#requireTruth(boot.report());
    this.#requireTruth(decision.report);
    if (decision.trial) this.#requireCountedTrial(decision);
    else this.#requireConfirmed(decision);
    this.#protected = decision.report.active;
    return decision;
  }

  #openUpdate(boot: BootStrategy, updateId: number): Region {
    const region = boot.openUpdate(updateId);
    const report = boot.report();
    this.#requireTruth(report);
    if (region.address === this.#setup.layout.banks[report.active].address) {
      throw new OracleViolation("I3", "the update was sent to the active bank");
    }
    if (report.pending !== undefined || report.bankStates[otherThan(report.active)] !== "dirty") {
      throw new OracleViolation("I4", "a bank that may be erased is still bootable");
    }
    return region;
  }

  #stage(boot: BootStrategy, image: ImageIdentity): void {
    this.#staged = image;
    this.#trialsSinceStage = 0;
    this.#cutsSinceStage = 0;
    this.#attemptsLeft = Number.POSITIVE_INFINITY;
    boot.stage(image);
    const report = boot.report();
    this.#requireTruth(report);
    if (report.attemptsLeft !== this.#setup.attemptsMax) {
      throw new OracleViolation("I5", `staged with ${report.attemptsLeft} attempts`);
    }
  }

  #confirm(boot: BootStrategy): void {
    const { pending } = boot.report();
    const image = this.#staged;
    // A cut in the middle of it may leave the image confirmed.
    if (pending !== undefined && image !== undefined) {
      this.#confirmed.add(hashPrefixOf(image.hash));
    }
    boot.confirm();
    const report = boot.report();
    this.#requireTruth(report);
    if (pending === undefined || image === undefined) return;
    const runs = this.#setup.swapGuard === undefined ? pending : 0;
    if (report.active !== runs || report.pending !== undefined) {
      throw new OracleViolation("I6", "confirm() returned, but the image is not the active one");
    }
    this.#floor = image;
    this.#protected = report.active;
    const { keepsRecord } = this.#setup;
    if (keepsRecord !== false && report.securityCounter < image.securityCounter) {
      throw new OracleViolation("I7", "confirm() did not raise the security counter");
    }
    // Another image may be staged before the next boot looks at it.
    this.#securityCounter = Math.max(this.#securityCounter, image.securityCounter);
  }

  #onOperation(operation: FlashOperation): void {
    const { layout, swapGuard } = this.#setup;
    const isState = layout.state.some((region) => overlaps(region, operation));
    if (isState) this.#truth = undefined;
    else if (this.#inBoot && swapGuard !== undefined) {
      if (this.#setup.keepsRecord !== false) {
        swapGuard.require(operation, this.#newest()?.banks[0].hashPrefix);
      }
    } else if (this.#inBoot) {
      throw new OracleViolation("I3", `the boot path did ${describe(operation)}`);
    }
    if (this.#protected !== undefined && overlaps(layout.banks[this.#protected], operation)) {
      throw new OracleViolation("I3", `${describe(operation)} in the active bank`);
    }
  }

  #requireVerified(bank: BankIndex, image: ImageIdentity): void {
    if (!this.#setup.holds(bank, image)) {
      throw new OracleViolation("I2", `bank ${bank} does not hold ${image.version}`);
    }
  }

  #requireConfirmed({ image }: BootDecision & { readonly ok: true }): void {
    if (!this.#confirmed.has(hashPrefixOf(image.hash))) {
      throw new OracleViolation("I4", `${image.version} was never confirmed, and is no trial`);
    }
    if (isNewer(this.#floor, image)) {
      throw new OracleViolation("I6", `${image.version} runs after ${this.#floor.version}`);
    }
  }

  #requireCountedTrial({ image, report }: BootDecision & { readonly ok: true }): void {
    this.#trialsSinceStage += 1;
    if (report.attemptsLeft >= this.#attemptsLeft) {
      throw new OracleViolation("I4", `the trial left the attempts at ${report.attemptsLeft}`);
    }
    this.#attemptsLeft = report.attemptsLeft;
    if (this.#trialsSinceStage > this.#setup.attemptsMax) {
      throw new OracleViolation("I5", `trial ${this.#trialsSinceStage} of one staging`);
    }
    const staged = this.#staged;
    if (staged === undefined || hashPrefixOf(staged.hash) !== hashPrefixOf(image.hash)) {
      throw new OracleViolation("I4", `${image.version} is on trial, and was not staged`);
    }
  }

  #requireCounter(image: ImageIdentity): void {
    if (this.#setup.keepsRecord === false) return;
    const stored = this.#newest()?.securityCounter ?? 0;
    if (stored < this.#securityCounter) {
      throw new OracleViolation("I7", `counter fell from ${this.#securityCounter} to ${stored}`);
    }
    if (image.securityCounter < stored) {
      throw new OracleViolation("I7", `${image.version} runs below counter ${stored}`);
    }
    const isEarned = stored === this.#securityCounter || this.#isConfirming(stored);
    if (!isEarned) throw new OracleViolation("I7", `counter ${stored} without a confirm()`);
    this.#securityCounter = stored;
  }

  #isConfirming(counter: number): boolean {
    const staged = this.#staged;
    return staged?.securityCounter === counter && this.#confirmed.has(hashPrefixOf(staged.hash));
  }

  /** I8 and I9: power loss alone neither blames an image nor, in moderation, takes it back. */
  #requireNoFalseVerdict(report: BootReport): void {
    const { lastReason, bankStates } = report;
    if (lastReason === "pendingInvalid" || lastReason === "activeInvalid") {
      throw new OracleViolation("I9", `a power cut led to ${lastReason}`);
    }
    if (lastReason === "factoryRecovery") {
      throw new OracleViolation("I9", "a power cut lost the boot record");
    }
    const staged = this.#staged;
    const isBlamed = lastReason === "attemptsExhausted" || bankStates.includes("bad");
    if (!isBlamed || staged === undefined || !this.#setup.isGood(staged)) return;
    if (this.#cutsSinceStage < this.#setup.attemptsMax) {
      throw new OracleViolation("I8", `${staged.version} was rolled back by power cuts`);
    }
  }

  #newest(): BootRecord | undefined {
    const { flash, layout } = this.#setup;
    this.#truth ??= { record: newestRecord(flash, layout) };
    return this.#truth.record;
  }

  /** I11: what a report says is what flash says. */
  #requireTruth(report: BootReport): void {
    if (this.#setup.keepsRecord === false) return;
    const record = this.#newest();
    const isTrue =
      record !== undefined &&
      record.active === report.active &&
      record.pending === report.pending &&
      record.attemptsLeft === report.attemptsLeft &&
      record.securityCounter === report.securityCounter &&
      record.lastReason === report.lastReason &&
      record.updateId === report.updateId &&
      record.bankStates.join() === report.bankStates.join();
    if (!isTrue) throw new OracleViolation("I11", "the report differs from the record in flash");
  }
}

function describe({ kind, sizeBytes, address }: FlashOperation): string {
  return `a ${kind} of ${sizeBytes} bytes at 0x${address.toString(16)}`;
}
