/**
 * How an operation is left when the supply fails in it. A kind that does not fit the operation
 * acts as `partialBits`, except `prefix`, which cuts a program and an erase alike. With check bits,
 * a granule that is left in between cannot be read.
 */
export type Cut =
  /** Before anything happened. */
  | { readonly kind: "notDone" }
  /** Complete, but nobody was told. */
  | { readonly kind: "doneButLost" }
  /** The first `bytes` bytes are done; the rest is as before. */
  | { readonly kind: "prefix"; readonly bytes: number }
  /** The first half of the sector is erased. */
  | { readonly kind: "halfErase" }
  /** Every byte of the sector is random. */
  | { readonly kind: "randomErase" }
  /**
   * The sector reads erased but holds no charge: every program fails until it is erased again. A
   * `multiwrite` part does not notice.
   */
  | { readonly kind: "marginalErase" }
  /** The bits that were being changed read differently each time, until they are erased. */
  | { readonly kind: "unstable" }
  /** A random part of the bits has changed. */
  | { readonly kind: "partialBits" };

export type FlashOperationKind = "program" | "erase";

/** One program or erase, as the trace hook sees it, before it takes effect. */
export interface FlashOperation {
  /** Counts programs and erases since the flash was made. */
  readonly index: number;
  readonly kind: FlashOperationKind;
  readonly address: number;
  readonly sizeBytes: number;
  /** Who drove the flash then, as `NorFlash.caller` says. */
  readonly caller: string;
}
