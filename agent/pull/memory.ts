import type { Flash } from "#hal/ports.ts";
import type { Region } from "../boot/strategy.ts";
import { equalBytes } from "../image/equal-bytes.ts";
import { type JournalRecord, recordBytes } from "../journal/format.ts";
import { Journal, JournalFull, type RecordSink, type SnapshotSource } from "../journal/journal.ts";
import {
  PULL_DOWNLOAD,
  PULL_FAILED,
  PULL_IMAGE,
  PULL_OFFSET,
  PULL_UNTOLD,
  SECTOR_IN_SPARE,
} from "../journal/kinds.ts";
import {
  decodeDownload,
  decodeImage,
  encodeDownload,
  encodeImage,
  IMAGE_BYTES_MAX,
} from "./codec.ts";
import { PULL_FAILURES } from "./failure.ts";
import { FAILED_OFFERS_MAX, type FailedOffer, OFFER_ID_BYTES, type PullState } from "./state.ts";

/** More than any snapshot has: download, offset, spare, what is untold, two images, failures. */
const SNAPSHOT_RECORDS = 7 + FAILED_OFFERS_MAX;

/** Code of "updated" in {@link PULL_UNTOLD}; failures follow. */
const UNTOLD_UPDATED = 1;

/** Binds the state of a device that pulls to its journal. */
export class PullMemory implements SnapshotSource {
  readonly #journal: Journal;
  readonly #state: PullState;
  readonly #granuleBytes: number;
  #isSick = false;

  constructor(flash: Flash, region: Region, state: PullState) {
    this.#journal = new Journal(flash, region, this);
    this.#state = state;
    this.#granuleBytes = flash.geometry.granuleBytes;
  }

  /** The journal cannot be written: the device goes on, forgetful, and begins no download. */
  get isSick(): boolean {
    return this.#isSick;
  }

  /** Brings the state to what the journal says. Writes nothing. */
  load(): void {
    this.#journal.load((record) => restore(record, this.#state));
  }

  persist(what: "download" | "offset" | "untold" | "failures"): void {
    this.#attempt(() => WRITERS[what](this.#state, this.#journal));
  }

  persistImage(index: 0 | 1): void {
    this.#attempt(() => writeImage(this.#state, index, this.#journal));
  }

  /** Throws `JournalFull`: without this record, the sector must not be erased. */
  persistSpare(): void {
    writeSpare(this.#state, this.#journal);
  }

  writeSnapshot(sink: RecordSink): void {
    WRITERS.download(this.#state, sink);
    WRITERS.offset(this.#state, sink);
    writeSpare(this.#state, sink);
    WRITERS.untold(this.#state, sink);
    for (const index of [0, 1] as const) writeImage(this.#state, index, sink);
    WRITERS.failures(this.#state, sink);
  }

  snapshotBytesMax(): number {
    return SNAPSHOT_RECORDS * recordBytes(IMAGE_BYTES_MAX, this.#granuleBytes);
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof JournalFull)) throw error;
      this.#isSick = true;
    }
  }
}

const WRITERS = {
  download({ download }: PullState, sink: RecordSink): void {
    sink.append(PULL_DOWNLOAD, 0, 0, download && encodeDownload(download));
  },
  offset({ download }: PullState, sink: RecordSink): void {
    if (download === undefined) return;
    const { offsetBytes } = download;
    sink.append(PULL_OFFSET, offsetBytes & 0xffff, offsetBytes >>> 16);
  },
  untold({ untold }: PullState, sink: RecordSink): void {
    const failure = untold === undefined || untold === "updated" ? undefined : untold;
    const failed = failure && UNTOLD_UPDATED + 1 + PULL_FAILURES.indexOf(failure);
    sink.append(PULL_UNTOLD, failed ?? (untold === undefined ? 0 : UNTOLD_UPDATED), 0);
  },
  failures({ failed }: PullState, sink: RecordSink): void {
    sink.append(PULL_FAILED, 0, 0);
    for (const one of failed) {
      sink.append(PULL_FAILED, PULL_FAILURES.indexOf(one.failure), one.tries, one.offerId);
    }
  },
} as const;

function writeImage({ images }: PullState, index: 0 | 1, sink: RecordSink): void {
  const image = images[index];
  sink.append(PULL_IMAGE, index, image?.isAwaited ? 1 : 0, image && encodeImage(image));
}

function writeSpare({ download }: PullState, sink: RecordSink): void {
  const address = download?.sectorInSpare;
  if (address === undefined) {
    sink.append(SECTOR_IN_SPARE, 0, 0);
    return;
  }
  const extra = new Uint8Array(4);
  new DataView(extra.buffer).setUint32(0, address, true);
  sink.append(SECTOR_IN_SPARE, 0, 0, extra);
}

/** The journal vouches for the bytes, not for sense: what does not fit changes nothing. */
function restore({ kind, a, b, extra }: JournalRecord, state: PullState): void {
  const { download } = state;
  switch (kind) {
    case PULL_DOWNLOAD:
      state.download = decodeDownload(extra);
      break;
    case PULL_OFFSET:
      if (download !== undefined) {
        download.offsetBytes = Math.min(a + b * 0x1_0000, download.sizeBytes);
      }
      break;
    case SECTOR_IN_SPARE:
      if (download !== undefined) {
        const view = new DataView(extra.buffer, extra.byteOffset, extra.length);
        download.sectorInSpare = extra.length === 4 ? view.getUint32(0, true) : undefined;
      }
      break;
    case PULL_IMAGE:
      if (a <= 1) state.images[a === 0 ? 0 : 1] = decodeImage(extra, b === 1);
      break;
    case PULL_UNTOLD:
      state.untold = a === UNTOLD_UPDATED ? "updated" : PULL_FAILURES[a - UNTOLD_UPDATED - 1];
      break;
    case PULL_FAILED:
      restoreFailed(a, b, extra, state.failed);
      break;
  }
}

function restoreFailed(code: number, tries: number, extra: Uint8Array, failed: FailedOffer[]) {
  if (extra.length === 0) failed.length = 0;
  const failure = PULL_FAILURES[code];
  if (extra.length !== OFFER_ID_BYTES || failure === undefined) return;
  const known = failed.find(({ offerId }) => equalBytes(offerId, extra));
  if (known !== undefined) Object.assign(known, { failure, tries });
  else failed.push({ offerId: extra.slice(), failure, tries });
}
