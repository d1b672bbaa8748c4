import { type Flash, FlashFault, type MonotonicCounter, type Watchdog } from "#hal/ports.ts";
import type { FlashLayout } from "./layout.ts";
import {
  BLANK_RECORD,
  type BootRecord,
  entryOf,
  hashPrefixOf,
  isNewer,
  NO_ENTRY,
  otherThan,
  withState,
} from "./record.ts";
import { RecordLog } from "./record-log.ts";
import type {
  BankIndex,
  BootDecision,
  BootReason,
  BootReport,
  BootStrategy,
  ImageIdentity,
  Region,
  VerifyImage,
} from "./strategy.ts";

export interface BankBootOptions {
  /** Trials of a staged image before it is given up. */
  readonly attemptsMax: number;
  /** Holds the security counter where no loss of boot records can lower it. */
  readonly anchor?: MonotonicCounter;
  /** Started before anything else runs, fed before each verification. */
  readonly watchdog?: Watchdog;
}

/**
 * Two banks that run in place, chosen by the boot record; a bank remap lets one image run from
 * either. The boot path writes only records: no bank is ever erased or programmed from here.
 */
export class BankBoot implements BootStrategy {
  readonly #layout: FlashLayout;
  readonly #verifyImage: VerifyImage;
  readonly #options: BankBootOptions;
  readonly #log: RecordLog;
  /** As last known; stays readable when power is gone. {@link boot} reads it from flash again. */
  #record: BootRecord | undefined;
  /** The image that runs, when it is a trial. */
  #trial: { readonly bank: BankIndex; readonly image: ImageIdentity } | undefined;

  constructor(flash: Flash, layout: FlashLayout, verify: VerifyImage, options: BankBootOptions) {
    this.#layout = layout;
    this.#verifyImage = verify;
    this.#options = options;
    this.#log = new RecordLog(flash, layout.state);
  }

  boot(): BootDecision {
    this.#options.watchdog?.start();
    this.#trial = undefined;
    this.#record = this.#log.load();
    if (this.#record === undefined) return this.#recoverFactory();
    this.#log.settle();
    // Power may have failed between a confirmation and its anchor.
    this.#options.anchor?.raise(this.#record.securityCounter);
    return this.#bootPending() ?? this.#bootActive() ?? this.#bootOther() ?? this.#refuse();
  }

  report(): BootReport {
    const record = this.#current();
    return {
      active: record.active,
      pending: record.pending,
      bankStates: record.bankStates,
      attemptsLeft: record.attemptsLeft,
      securityCounter: this.#securityCounterMin(),
      lastReason: record.lastReason,
      updateId: record.updateId,
    };
  }

  updateRegion(): Region {
    return this.#layout.banks[otherThan(this.#current().active)];
  }

  openUpdate(updateId: number): Region {
    this.#requireNoTrial("openUpdate");
    const record = this.#current();
    const target = otherThan(record.active);
    const isOpen = record.pending === undefined && record.bankStates[target] === "dirty";
    if (!isOpen || record.updateId !== updateId || record.lastReason !== "none") {
      this.#commit({
        ...record,
        pending: undefined,
        attemptsLeft: 0,
        bankStates: withState(record, target, "dirty"),
        lastReason: "none",
        updateId,
      });
    }
    return this.#layout.banks[target];
  }

  stage(image: ImageIdentity): void {
    this.#requireNoTrial("stage");
    const record = this.#current();
    const target = otherThan(record.active);
    const entry = entryOf(image);
    const isStaged = record.pending === target && record.attemptsLeft === record.attemptsMax;
    if (isStaged && record.banks[target].hashPrefix === entry.hashPrefix) return;
    if (record.bankStates[target] !== "dirty") throw new RangeError("stage() of no open update");
    const banks = target === 0 ? [entry, record.banks[1]] : [record.banks[0], entry];
    this.#commit({
      ...record,
      pending: target,
      attemptsLeft: this.#options.attemptsMax,
      attemptsMax: this.#options.attemptsMax,
      bankStates: withState(record, target, "ready"),
      banks: [banks[0] ?? NO_ENTRY, banks[1] ?? NO_ENTRY],
    });
  }

  abandon(): void {
    const record = this.#current();
    const target = otherThan(record.active);
    const state = record.bankStates[target];
    if (record.pending === undefined && state !== "dirty") return;
    this.#commit({
      ...record,
      pending: undefined,
      attemptsLeft: 0,
      bankStates: withState(record, target, this.#trial === undefined ? "dirty" : "bad"),
      lastReason: "abandoned",
    });
  }

  confirm(): void {
    const trial = this.#trial;
    if (trial === undefined) return;
    const record = this.#current();
    if (record.pending !== trial.bank) throw new RangeError("confirm() of an abandoned trial");
    this.#commit({
      ...record,
      active: trial.bank,
      pending: undefined,
      attemptsLeft: 0,
      bankStates: withState(record, trial.bank, "confirmed"),
      securityCounter: Math.max(record.securityCounter, trial.image.securityCounter),
      lastReason: "confirmed",
    });
    this.#trial = undefined;
    this.#options.anchor?.raise(this.#current().securityCounter);
  }

  #bootPending(): BootDecision | undefined {
    const record = this.#current();
    const { pending } = record;
    if (pending === undefined) return undefined;
    if (record.attemptsLeft === 0) return this.#rejectPending(pending, "attemptsExhausted");
    const image = this.#verify(pending);
    if (image === undefined || hashPrefixOf(image.hash) !== record.banks[pending].hashPrefix) {
      return this.#rejectPending(pending, "pendingInvalid");
    }
    return this.#startTrial(pending, image, { attemptsLeft: record.attemptsLeft - 1 });
  }

  #rejectPending(bank: BankIndex, lastReason: BootReason): undefined {
    const record = this.#current();
    this.#commitOrAssume({
      ...record,
      pending: undefined,
      attemptsLeft: 0,
      bankStates: withState(record, bank, "bad"),
      lastReason,
    });
  }

  /** Counts the attempt before the jump. What cannot be counted does not run. */
  #startTrial(
    bank: BankIndex,
    image: ImageIdentity,
    change: Partial<BootRecord>,
  ): BootDecision | undefined {
    if (!this.#tryCommit({ ...this.#current(), ...change })) return undefined;
    this.#trial = { bank, image };
    return { ok: true, bank, image, trial: true, report: this.report() };
  }

  #bootActive(): BootDecision | undefined {
    const { active } = this.#current();
    const image = this.#verify(active);
    if (image === undefined) return undefined;
    return { ok: true, bank: active, image, trial: false, report: this.report() };
  }

  /** The active image is gone: an older confirmed one takes over; a new one gets its trial. */
  #bootOther(): BootDecision | undefined {
    const record = this.#current();
    const other = otherThan(record.active);
    const state = record.bankStates[other];
    if (state !== "confirmed" && state !== "ready") return undefined;
    const image = this.#verify(other);
    if (image === undefined) return undefined;
    const change = {
      bankStates: withState(record, record.active, "bad"),
      lastReason: "activeInvalid",
    } as const;
    if (state === "ready") {
      const { attemptsMax } = this.#options;
      const banks = record.banks;
      if (hashPrefixOf(image.hash) !== banks[other].hashPrefix) return undefined;
      const trial = { pending: other, attemptsMax, attemptsLeft: attemptsMax - 1 };
      return this.#startTrial(other, image, { ...change, ...trial });
    }
    this.#commitOrAssume({ ...record, ...change, active: other, pending: undefined });
    return { ok: true, bank: other, image, trial: false, report: this.report() };
  }

  /** No record at all: the highest version that verifies becomes the confirmed one. */
  #recoverFactory(): BootDecision {
    this.#record = BLANK_RECORD;
    const images = [this.#verify(0), this.#verify(1)] as const;
    const [a, b] = images;
    const active = b !== undefined && (a === undefined || isNewer(b, a)) ? 1 : 0;
    const image = images[active];
    if (image === undefined) return this.#refuse();
    const other = images[otherThan(active)];
    const record: BootRecord = {
      ...this.#record,
      active,
      bankStates: withState(
        { bankStates: ["confirmed", "confirmed"] },
        otherThan(active),
        other === undefined ? "dirty" : "ready",
      ),
      banks: [a === undefined ? NO_ENTRY : entryOf(a), b === undefined ? NO_ENTRY : entryOf(b)],
      securityCounter: image.securityCounter,
      lastReason: "factoryRecovery",
    };
    this.#commitOrAssume(record);
    return { ok: true, bank: active, image, trial: false, report: this.report() };
  }

  #refuse(): BootDecision {
    return { ok: false, report: this.report() };
  }

  /** A second look, because a read may fail once. */
  #verify(bank: BankIndex): ImageIdentity | undefined {
    return this.#verifyOnce(bank) ?? this.#verifyOnce(bank);
  }

  #verifyOnce(bank: BankIndex): ImageIdentity | undefined {
    const securityCounter = this.#securityCounterMin();
    this.#options.watchdog?.feed();
    try {
      const verdict = this.#verifyImage(this.#layout.banks[bank], securityCounter);
      if (!verdict.ok || verdict.image.securityCounter < securityCounter) return undefined;
      return verdict.image;
    } catch (error) {
      if (!(error instanceof FlashFault)) throw error;
      return undefined;
    }
  }

  #securityCounterMin(): number {
    return Math.max(this.#current().securityCounter, this.#options.anchor?.read() ?? 0);
  }

  #current(): BootRecord {
    this.#record ??= this.#log.load() ?? BLANK_RECORD;
    return this.#record;
  }

  #commit(record: BootRecord): void {
    this.#record = this.#log.commit(record);
  }

  #tryCommit(record: BootRecord): boolean {
    try {
      this.#commit(record);
      return true;
    } catch (error) {
      if (!(error instanceof FlashFault)) throw error;
      return false;
    }
  }

  /** A bootloader must go on when the state sectors are sick; the next boot decides the same again. */
  #commitOrAssume(record: BootRecord): void {
    if (!this.#tryCommit(record)) this.#record = record;
  }

  #requireNoTrial(call: string): void {
    if (this.#trial !== undefined) throw new RangeError(`${call}() during an unconfirmed trial`);
  }
}
