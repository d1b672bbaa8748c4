import type { Flash, MonotonicCounter } from "#hal/ports.ts";
import { succeeds } from "../flash/faults.ts";
import { BLANK_RECORD, type BootRecord } from "./record.ts";
import { RecordLog } from "./record-log.ts";
import type { BootReport, ImageIdentity, Region } from "./strategy.ts";

/** The boot record as last known, which stays readable when power is gone, and the log it is in. */
export class KeptRecord {
  readonly #log: RecordLog;
  readonly #anchor: MonotonicCounter | undefined;
  #record: BootRecord | undefined;

  constructor(flash: Flash, regions: readonly [Region, Region], anchor?: MonotonicCounter) {
    this.#log = new RecordLog(flash, regions);
    this.#anchor = anchor;
  }

  /** Reads it from flash anew and mends a copy that is behind. Returns whether there is one. */
  load(): boolean {
    this.#record = this.#log.load();
    if (this.#record === undefined) return false;
    this.#log.settle();
    return true;
  }

  get current(): BootRecord {
    this.#record ??= this.#log.load() ?? BLANK_RECORD;
    return this.#record;
  }

  /** What an image must have at least. */
  get securityCounterMin(): number {
    return Math.max(this.current.securityCounter, this.#anchor?.read() ?? 0);
  }

  raiseAnchor(): void {
    this.#anchor?.raise(this.current.securityCounter);
  }

  report(): BootReport {
    const record = this.current;
    return {
      active: record.active,
      pending: record.pending,
      bankStates: record.bankStates,
      attemptsLeft: record.attemptsLeft,
      securityCounter: this.securityCounterMin,
      lastReason: record.lastReason,
      updateId: record.updateId,
    };
  }

  /**
   * Changes what differs.
   *
   * @throws FlashFault when neither copy takes it: then the old one stands
   */
  commit(change: Partial<BootRecord>): void {
    this.#record = this.#log.commit({ ...this.current, ...change });
  }

  tryCommit(change: Partial<BootRecord>): boolean {
    return succeeds(() => this.commit(change));
  }

  /** A bootloader must go on when the record sectors are sick; the next boot decides the same again. */
  commitOrAssume(change: Partial<BootRecord>): void {
    if (!this.tryCommit(change)) this.#record = { ...this.current, ...change };
  }
}

/** The images have changed places for good. */
export function confirmedRecord(record: BootRecord, image: ImageIdentity): BootRecord {
  const [active, pending] = record.banks;
  return {
    ...record,
    pending: undefined,
    attemptsLeft: 0,
    bankStates: ["confirmed", "confirmed"],
    securityCounter: Math.max(record.securityCounter, image.securityCounter),
    lastReason: "confirmed",
    banks: [pending, active],
  };
}
