import type { Digest, Flash } from "#hal/ports.ts";
import type { FlashLayout } from "../boot/layout.ts";
import type { Region } from "../boot/strategy.ts";
import { placeOf } from "../staging/place.ts";
import { Staging, type StagingLog } from "../staging/staging.ts";
import type { PullMemory } from "./memory.ts";
import type { DownloadRecord } from "./state.ts";

const PIECE_BYTES_MAX = 4096;

/**
 * Puts an image together in the bank from chunks that come in order, on the staging that fragments
 * go through. What it stages are pieces of a power of two: bank and chunks are whole numbers of them.
 *
 * A chunk is recorded once its last piece is in flash. After a reset, pieces of one that was not are
 * found out and written anew.
 */
export class Download implements StagingLog {
  readonly record: DownloadRecord;
  readonly #memory: PullMemory;
  readonly #pieceBytes: number;
  readonly #newStaging: (sizeBytes: number) => Staging;
  #staging: Staging;
  /** Its size comes with its last byte. */
  readonly #isOpenEnded: boolean;
  #isResumed = false;
  #isComplete: boolean;

  constructor(
    flash: Flash,
    layout: Pick<FlashLayout, "scratch">,
    bank: Region,
    chunkBytes: number,
    record: DownloadRecord,
    memory: PullMemory,
    isOpenEnded: boolean,
  ) {
    this.record = record;
    this.#isOpenEnded = isOpenEnded;
    this.#memory = memory;
    const fragSize = pieceBytesOf(bank.sizeBytes, chunkBytes);
    this.#pieceBytes = fragSize;
    this.#newStaging = (sizeBytes) => {
      const nbFrag = Math.ceil(sizeBytes / fragSize);
      const shape = { nbFrag, fragSize, padding: nbFrag * fragSize - sizeBytes };
      return new Staging(flash, placeOf(flash.geometry, bank, layout.scratch), shape, this);
    };
    this.#staging = this.#newStaging(record.sizeBytes);
    this.#isComplete = !isOpenEnded && record.offsetBytes === record.sizeBytes;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Once, before anything else: takes up what the record says is in place. Throws `FlashFault`. */
  resume(): void {
    if (this.#isResumed) return;
    this.#restore(this.record.offsetBytes);
    this.#isResumed = true;
  }

  #restore(offsetBytes: number): void {
    const { nbFrag } = this.#staging.map.shape;
    const pieces = this.isComplete ? nbFrag : Math.floor(offsetBytes / this.#pieceBytes);
    for (let index = 0; index < pieces; index++) this.#staging.restorePresent(index);
    this.#staging.restoreSectorInSpare(this.record.sectorInSpare);
    this.#staging.resume();
  }

  /**
   * Stores the bytes from `startBytes` on, and records them. Parts that are in place already stay as
   * they are. Throws `FlashFault` and `JournalFull`.
   */
  take(startBytes: number, bytes: Uint8Array): void {
    const pieceBytes = this.#pieceBytes;
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const index = (startBytes + at) / pieceBytes;
      if (this.#staging.map.has(index)) continue;
      this.#staging.writeFragment(
        index,
        wholePiece(bytes.subarray(at, at + pieceBytes), pieceBytes),
      );
    }
    this.record.offsetBytes = startBytes + bytes.length;
    this.#memory.persist("offset");
    const { offsetBytes, sizeBytes } = this.record;
    if (!this.#isOpenEnded) this.#isComplete = offsetBytes === sizeBytes;
  }

  /**
   * The last bytes of a package of unknown size. Where it ends is not recorded: a reset before it is
   * staged has them fetched once more. Throws as {@link take}.
   */
  takeLast(startBytes: number, bytes: Uint8Array): void {
    const endBytes = startBytes + bytes.length;
    this.#staging = this.#newStaging(endBytes);
    this.#restore(Math.min(this.record.offsetBytes, endBytes));
    this.take(startBytes, bytes);
    this.#isComplete = true;
  }

  /** Feeds the finished image from flash. Throws `FlashFault`. */
  feed(digest: Digest): void {
    this.#staging.feed(digest);
  }

  /** Erases what an older image left behind this one. Throws `FlashFault`. */
  eraseRest(): void {
    this.#staging.eraseRest();
  }

  /** A piece: its chunk has the record. */
  fragmentStored(): void {}

  codedStored(): void {
    throw new RangeError("a coded fragment in a download");
  }

  sectorInSpare(address: number | undefined): void {
    this.record.sectorInSpare = address;
    this.#memory.persistSpare();
  }
}

/** The largest power of two that divides both, within bounds. */
function pieceBytesOf(bankBytes: number, chunkBytes: number): number {
  const both = bankBytes | chunkBytes | PIECE_BYTES_MAX;
  return both & -both;
}

function wholePiece(bytes: Uint8Array, pieceBytes: number): Uint8Array {
  if (bytes.length === pieceBytes) return bytes;
  const piece = new Uint8Array(pieceBytes);
  piece.set(bytes);
  return piece;
}
