import type { DownlinkSource } from "../events.ts";
import type { StagingLog } from "../staging/staging.ts";
import { JournalFull, type RecordSink } from "./journal.ts";
import {
  CODED,
  FRAGMENT,
  FROM_MULTICAST,
  HAS_HEAD,
  HEARD,
  SECTOR_IN_SPARE,
  SOLVED,
  STORED,
} from "./kinds.ts";

const extra = new Uint8Array(4);
const extraView = new DataView(extra.buffer);

/** Writes the records of one fragmentation session: one for each fragment that is received. */
export class SessionLog implements StagingLog {
  readonly #journal: RecordSink;
  readonly #fragIndex: number;
  /** The fragment being received, and where it came from, as bits of the kind. */
  #n = 0;
  #source = 0;
  #fCntLow = 0;
  #isLogged = false;

  constructor(journal: RecordSink, fragIndex: number) {
    this.#journal = journal;
    this.#fragIndex = fragIndex;
  }

  /** Before a fragment goes to the decoder. */
  begin(n: number, source: DownlinkSource): void {
    this.#n = n;
    this.#isLogged = false;
    const isMulticast = source.type === "multicast";
    this.#source = isMulticast ? FROM_MULTICAST | (source.groupId << 2) : 0;
    this.#fCntLow = isMulticast ? source.fCnt & 0xffff : 0;
  }

  /** Afterwards: a fragment that brought nothing still counts. */
  end(): void {
    if (this.#isLogged) return;
    try {
      this.#append(HEARD, this.#n);
    } catch (error) {
      // It holds nothing that would be missed.
      if (!(error instanceof JournalFull)) throw error;
    }
  }

  fragmentStored(index: number, hasHead: boolean, edges: Uint8Array, edgeBytes: number): void {
    const n = index + 1;
    const head = hasHead ? HAS_HEAD : 0;
    if (n === this.#n && !this.#isLogged) {
      this.#append(STORED | head, n, edges, edgeBytes);
      return;
    }
    const indexAndN = (this.#fragIndex << 14) | n;
    this.#journal.append(FRAGMENT | SOLVED | head, indexAndN, 0, edges, edgeBytes);
  }

  codedStored(n: number, place: number | undefined): void {
    if (place === undefined) {
      this.#append(CODED, n);
      return;
    }
    extraView.setUint16(0, place, true);
    this.#append(CODED, n, extra, 2);
  }

  sectorInSpare(address: number | undefined): void {
    extraView.setUint32(0, address ?? 0, true);
    this.#journal.append(SECTOR_IN_SPARE, this.#fragIndex, 0, extra, address === undefined ? 0 : 4);
  }

  #append(what: number, n: number, bytes?: Uint8Array, byteCount?: number): void {
    const indexAndN = (this.#fragIndex << 14) | n;
    const kind = FRAGMENT | what | this.#source;
    this.#journal.append(kind, indexAndN, this.#fCntLow, bytes, byteCount);
    this.#isLogged = true;
  }
}
