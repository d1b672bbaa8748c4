import type { Digest, Flash } from "#hal/ports.ts";
import type { FragmentStore } from "../fec/decoder.ts";
import { BlockFlash } from "./block-flash.ts";
import { BlockMap, type BlockShape } from "./block-map.ts";
import { EdgeStore } from "./edges.ts";
import type { Place } from "./place.ts";
import { ScratchSlots } from "./scratch-slots.ts";

/** Remembers what became of a block. Called when the data is in flash. */
export interface StagingLog {
  /**
   * Fragment `index` is in place but for its edges: the bytes of granules that it shares with
   * fragments which are not there yet; first those of its first granule if `hasHead`. The bytes are
   * valid within the call.
   */
  fragmentStored(index: number, hasHead: boolean, edges: Uint8Array, edgeBytes: number): void;
  /** Coded fragment `n` is in scratch: in the next place, or in the one given. */
  codedStored(n: number, place: number | undefined): void;
  /** A sector was copied to the spare and is about to be erased; `undefined`: it is whole again. */
  sectorInSpare(address: number | undefined): void;
}

/** In use within one call only: a fragment of 255 bytes that shares granules, extended to whole ones of 32. */
const run = new Uint8Array(320);
/** In use within one call only. */
const CHUNK_BYTES = 4096;
const chunk = new Uint8Array(CHUNK_BYTES);
const edgeBuffer = new Uint8Array(64);

/**
 * Puts a block together in flash while its fragments arrive in any order, each at its final place.
 *
 * Order of writes: data first, then the record. A granule is programmed when all its bytes are
 * final; until then its bytes wait in memory, and in the records of the fragments they came with.
 * The padding of the block is never programmed.
 */
export class Staging implements FragmentStore {
  readonly place: Place;
  readonly map: BlockMap;
  readonly edges: EdgeStore;
  readonly slots: ScratchSlots;
  readonly #block: BlockFlash;
  readonly #log: StagingLog;
  /** As in the map. */
  readonly #fragSize: number;
  readonly #granuleBytes: number;
  readonly #dataBytes: number;
  #sectorInSpare: number | undefined;

  constructor(flash: Flash, place: Place, shape: BlockShape, log: StagingLog) {
    this.place = place;
    this.map = new BlockMap(shape, flash.geometry.granuleBytes);
    if (this.map.sizeBytes > place.block.sizeBytes) throw new RangeError("block exceeds its place");
    this.edges = new EdgeStore(this.map);
    this.slots = new ScratchSlots(flash, place.scratch, shape.fragSize);
    this.#block = new BlockFlash(flash, place, this.map, (sector) => log.sectorInSpare(sector));
    this.#log = log;
    this.#fragSize = shape.fragSize;
    this.#granuleBytes = this.map.granuleBytes;
    this.#dataBytes = this.map.dataBytes;
  }

  writeFragment(index: number, data: Uint8Array): void {
    const granuleBytes = this.#granuleBytes;
    const start = index * this.#fragSize;
    const end = start + this.#fragSize;
    this.#block.open(start, end);
    const bytes = end > this.#dataBytes ? this.#withoutPadding(start, data) : data;
    if (start % granuleBytes === 0 && end % granuleBytes === 0) {
      this.#block.program(start, bytes);
      this.#log.fragmentStored(index, false, edgeBuffer, 0);
      this.map.mark(index);
      return;
    }
    this.#writeUnaligned(index, start, bytes);
  }

  readBlock(target: Uint8Array): void {
    this.readStart(target);
    target.fill(0, this.map.dataBytes);
  }

  /** Reads from the front; bytes of missing fragments are unspecified. */
  readStart(target: Uint8Array): void {
    this.#block.read(target);
    this.edges.overlay(target);
  }

  writeCoded(slot: number, n: number, data: Uint8Array): void {
    if (slot !== this.slots.numbers.length)
      throw new RangeError(`scratch slot ${slot} is not next`);
    const place = this.slots.write(n, data);
    this.#log.codedStored(n, place);
  }

  readCoded(slot: number, target: Uint8Array): void {
    this.slots.read(slot, target);
  }

  /** Feeds the finished block, without its padding, from flash. */
  feed(digest: Digest): void {
    for (let at = 0; at < this.map.dataBytes; at += CHUNK_BYTES) {
      const part = chunk.subarray(0, Math.min(CHUNK_BYTES, this.map.dataBytes - at));
      this.#block.readAt(at, part);
      digest.update(part);
    }
  }

  /** Erases what an older block left behind this one. */
  eraseRest(): void {
    this.#block.eraseRest();
  }

  /** After a reset, from the record of {@link StagingLog.fragmentStored}. */
  restoreFragment(index: number, hasHead: boolean, edges: Uint8Array): void {
    if (this.map.has(index)) return;
    const { granuleBytes, shape } = this.map;
    const start = index * shape.fragSize;
    const end = start + shape.fragSize;
    this.#block.isWary = true;
    this.#block.reopen(start, end);
    const head = Math.floor(start / granuleBytes);
    const tail = Math.floor((end - 1) / granuleBytes);
    let taken = 0;
    if (hasHead) {
      const fragment = new Uint8Array(shape.fragSize);
      taken = Math.min(end, (head + 1) * granuleBytes) - start;
      fragment.set(edges.subarray(0, taken));
      this.edges.merge(head, start, fragment);
    }
    if (edges.length > taken) {
      const fragment = new Uint8Array(shape.fragSize);
      fragment.set(edges.subarray(taken), shape.fragSize - (edges.length - taken));
      this.edges.merge(tail, start, fragment);
    }
    this.map.mark(index);
    if (this.map.isFinal(head, -1)) this.edges.drop(head);
    if (this.map.isFinal(tail, -1)) this.edges.drop(tail);
  }

  /** After a reset, from a snapshot: a fragment whose edges, if any, follow by themselves. */
  restorePresent(index: number): void {
    const start = index * this.map.shape.fragSize;
    this.#block.isWary = true;
    this.#block.reopen(start, start + this.map.shape.fragSize);
    this.map.mark(index);
  }

  restoreSectorInSpare(address: number | undefined): void {
    this.#sectorInSpare = address;
  }

  /** Once everything was restored: finishes a rewrite that power interrupted. */
  resume(): void {
    if (this.#sectorInSpare !== undefined) this.#block.finishRewrite(this.#sectorInSpare);
    this.#sectorInSpare = undefined;
  }

  /** Padding stays erased, so that nothing but erased flash follows the data. */
  #withoutPadding(start: number, data: Uint8Array): Uint8Array {
    return data.slice().fill(0xff, Math.max(0, this.map.dataBytes - start));
  }

  #writeUnaligned(index: number, start: number, data: Uint8Array): void {
    const { map, edges } = this;
    const { granuleBytes } = map;
    const end = start + data.length;
    const first = Math.floor(start / granuleBytes);
    const last = Math.floor((end - 1) / granuleBytes);
    const hasHead = start % granuleBytes !== 0;
    const hasTail = end % granuleBytes !== 0 && !(hasHead && first === last);
    if (hasHead) edges.merge(first, start, data);
    if (hasTail) edges.merge(last, start, data);
    const isHeadFinal = hasHead && map.isFinal(first, index);
    const isTailFinal = hasTail && map.isFinal(last, index);

    const from = (hasHead && !isHeadFinal ? first + 1 : first) * granuleBytes;
    const to = (hasTail && !isTailFinal ? last : last + 1) * granuleBytes;
    if (from < to) {
      fillRun(from, data, start);
      if (isHeadFinal) setRun(0, edges.get(first));
      if (isTailFinal) setRun(last * granuleBytes - from, edges.get(last));
      this.#block.program(from, runOf(to - from));
    }
    let edgeBytes = 0;
    const isHeadWaiting = hasHead && !isHeadFinal;
    if (isHeadWaiting) edgeBytes = keepEdge(0, data, 0, (first + 1) * granuleBytes - start);
    if (hasTail && !isTailFinal) {
      edgeBytes = keepEdge(edgeBytes, data, last * granuleBytes - start, data.length);
    }
    this.#log.fragmentStored(index, isHeadWaiting, edgeBuffer, edgeBytes);
    map.mark(index);
    if (isHeadFinal) edges.drop(first);
    if (isTailFinal) edges.drop(last);
  }
}

/** Lays the fragment at offset `start` over a run that begins at offset `from`. */
function fillRun(from: number, data: Uint8Array, start: number): void {
  if (start >= from) run.set(data, start - from);
  else run.set(data.subarray(from - start));
}

function setRun(at: number, granule: Uint8Array | undefined): void {
  if (granule !== undefined) run.set(granule, at);
}

const runViews: Uint8Array[] = [];

function runOf(sizeBytes: number): Uint8Array {
  const known = runViews[sizeBytes];
  if (known !== undefined) return known;
  const view = run.subarray(0, sizeBytes);
  runViews[sizeBytes] = view;
  return view;
}

/** Appends bytes `from` to `to` of the fragment to the edges. Returns how many there are now. */
function keepEdge(at: number, data: Uint8Array, from: number, to: number): number {
  const end = Math.min(to, data.length);
  for (let index = from; index < end; index++)
    edgeBuffer[at + index - from] = data[index] as number;
  return at + end - from;
}
