/**
 * How a device chooses what to run. The bootloader calls {@link BootStrategy.boot} once per reset;
 * the application calls the rest. Every call that changes state is one atomic commit: a power cut
 * leaves the state before it or the state after it.
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
  /** Bootloader: decides, counting a trial before the jump. Erases nothing in the banks. */
  boot(): BootDecision;
  /** Current record, as the application sees it. Changes nothing. */
  report(): BootReport;
  /** The bank the next update goes to. Changes nothing. */
  updateRegion(): Region;
  /** Commits DIRTY(target) before the first erase of the target bank. */
  openUpdate(updateId: number): Region;
  /** Commits READY, pending and a full set of attempts: the image has been verified from flash. */
  stage(image: ImageIdentity): void;
  /** Gives a staged or open update up; the running image stays. */
  abandon(): void;
  /** Confirms the running trial: active = this bank, security counter raised. One commit. */
  confirm(): void;
}
