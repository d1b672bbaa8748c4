/**
 * How a device chooses what to run. The bootloader calls {@link BootStrategy.boot} once per reset;
 * the application calls the rest. Every call that changes state is one atomic commit: a power cut
 * leaves the state before it or the state after it.
 *
 * A commit that no cell would take throws `FlashFault`: the state before it stands. `PowerLoss`
 * passes through. Calls that make no sense in the present state are bugs: `RangeError`.
 */

export type BankIndex = 0 | 1;

/** A span of flash, whole sectors. */
export interface Region {
  readonly address: number;
  readonly sizeBytes: number;
}

export type BankState = "empty" | "dirty" | "ready" | "confirmed" | "bad";

/** Why the bootloader last changed its mind; kept for diagnostics and reports. */
export type BootReason =
  | "none"
  | "confirmed"
  /** A trial used up its attempts without a confirmation. */
  | "attemptsExhausted"
  /** The pending image failed verification at boot. */
  | "pendingInvalid"
  /** The active image failed verification; the other bank took over. */
  | "activeInvalid"
  /** No boot record could be read. */
  | "factoryRecovery"
  /** The application gave the update up before staging it. */
  | "abandoned";

/** What a successful verification says of an image. */
export interface ImageIdentity {
  /** `major.minor.revision+build`. */
  readonly version: string;
  /** SHA-256 of header, payload and protected TLVs (the image's own hash TLV). */
  readonly hash: Uint8Array;
  readonly securityCounter: number;
  /** Bytes from the header to the end of the TLVs. */
  readonly sizeBytes: number;
}

export type BootDecision =
  | {
      readonly ok: true;
      readonly bank: BankIndex;
      readonly image: ImageIdentity;
      /** True until the image is confirmed. */
      readonly trial: boolean;
      readonly report: BootReport;
    }
  /** Nothing bootable: a brick. */
  | { readonly ok: false; readonly report: BootReport };

export interface BootReport {
  readonly active: BankIndex;
  readonly pending: BankIndex | undefined;
  readonly bankStates: readonly [BankState, BankState];
  /** Trials that are still to come, the running one not among them. */
  readonly attemptsLeft: number;
  readonly securityCounter: number;
  readonly lastReason: BootReason;
  /** The update in flight or last decided; what a session verdict refers to. */
  readonly updateId: number;
}

/** Checks the image at the start of a region; shared by bootloader and application. */
export type VerifyImage = (
  region: Region,
  securityCounterMin: number,
) => { readonly ok: true; readonly image: ImageIdentity } | { readonly ok: false };

export interface BootStrategy {
  /**
   * Bootloader: decides, counting a trial before the jump. Erases and programs nothing in the
   * banks, unless it swaps images; then the confirmed one can be restored at every moment. Never
   * throws `FlashFault`: with sick state sectors it runs what is confirmed.
   */
  boot(): BootDecision;
  /** Current record, as the application sees it. Changes nothing, and needs no power. */
  report(): BootReport;
  /** Where the next update goes: never where the active image is. Changes nothing. */
  updateRegion(): Region;
  /**
   * Commits DIRTY(target) before the first erase of the target bank. Opening the update that is
   * open already (a resume) writes nothing. Not during an unconfirmed trial.
   */
  openUpdate(updateId: number): Region;
  /**
   * Commits READY, pending and a full set of attempts: the image has been verified from flash.
   * Staging the staged image again writes nothing.
   */
  stage(image: ImageIdentity): void;
  /**
   * Gives a staged or open update up; the running image stays. During a trial the image counts as
   * bad, and the next boot runs the confirmed one. With nothing open or staged it writes nothing.
   */
  abandon(): void;
  /**
   * Confirms the running trial: active = this bank, security counter raised. One commit. Without a
   * trial it writes nothing.
   */
  confirm(): void;
}
