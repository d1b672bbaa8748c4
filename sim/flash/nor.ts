import { type Flash, FlashFault, type FlashGeometry, PowerLoss } from "#hal/ports.ts";
import { type DrawKey, drawKey } from "../kernel/draws.ts";
import { Cells } from "./cells.ts";
import type { Cut, FlashOperation, FlashOperationKind } from "./cuts.ts";
import type { FaultEffect, FlashCall } from "./failures.ts";
import { drawnCut, interruptErase, interruptProgram } from "./interrupted.ts";
import { type SectorMap, sectorMapOf } from "./sectors.ts";
import { SharedContent } from "./shared-content.ts";

/**
 * What a second program of a granule does: `write-once` refuses it (STM32U5), `zero-overwrite`
 * accepts the inverse of the erased value in every bit (ECC parts such as H7, L4, G4), `multiwrite`
 * clears more bits (plain NOR).
 */
export type RewritePolicy = "write-once" | "zero-overwrite" | "multiwrite";

export interface NorOptions {
  readonly policy?: RewritePolicy;
  /** Bytes shared with the other flashes of a cell. */
  readonly content?: SharedContent;
  /** Draws for random and unstable bits. */
  readonly key?: DrawKey;
  /**
   * Each granule has check bits: one wrong bit is corrected, two are a read fault, and so is any
   * granule in which an operation was interrupted, until it is erased or overwritten with zeros.
   */
  readonly ecc?: boolean;
  /** Erases that a sector stands; every later one fails and leaves the sector undefined. */
  readonly enduranceErases?: number;
}

const NOTHING_SHARED = new SharedContent([]);

/**
 * NOR flash, stricter than the real thing: whole aligned granules, each programmed once between
 * erases, whole sectors erased, and every way in which a cut operation may be left.
 *
 * Programming a granule that the caller could have known to be programmed is a bug (`RangeError`);
 * one that only looks erased, because an operation failed in it, is a {@link FlashFault}.
 */
export class NorFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly policy: RewritePolicy;
  /** Called before each program and erase takes effect, also before one that will be cut. */
  onOperation: ((operation: FlashOperation) => void) | undefined;
  readonly #options: NorOptions;
  readonly #sectors: SectorMap;
  readonly #cells: Cells;
  readonly #enduranceErases: number;
  #eraseCounts: Uint32Array | undefined;
  #operations = 0;
  #isPowered = true;

  constructor(geometry: FlashGeometry, options: NorOptions = {}) {
    const { policy = "write-once", ecc = false, content = NOTHING_SHARED } = options;
    if (ecc && policy === "multiwrite") {
      throw new RangeError("check bits cannot be written twice: no multiwrite with ecc");
    }
    this.geometry = geometry;
    this.policy = policy;
    this.#options = options;
    this.#sectors = sectorMapOf(geometry);
    this.#cells = new Cells(geometry, content, options.key ?? drawKey(0, 0, "flash"), ecc);
    this.#enduranceErases = options.enduranceErases ?? Number.POSITIVE_INFINITY;
  }

  /** Programs and erases begun so far: the index of the next one. */
  get operations(): number {
    return this.#operations;
  }

  get isPowered(): boolean {
    return this.#isPowered;
  }

  /** Granules that a read found with one wrong bit and mended on the way. */
  get eccCorrected(): number {
    return this.#cells.faults?.corrected ?? 0;
  }

  /** Heap that this flash holds beside what it shares. */
  get memoryBytes(): number {
    const wear = this.#eraseCounts === undefined ? 0 : this.#eraseCounts.byteLength + 120;
    return 250 + this.#cells.memoryBytes + wear;
  }

  read(address: number, target: Uint8Array): void {
    this.#requirePower();
    this.#requireSpan(address, target.length);
    if (target.length === 0) return;
    if (this.#cells.faults !== undefined) this.#failRead(address, target);
    this.#cells.sense(address, target);
  }

  program(address: number, source: Uint8Array): void {
    this.#requirePower();
    this.#requireGranules(address, source.length);
    if (source.length === 0) return;
    const index = this.#begin("program", address, source.length);
    const isErased = this.#requireProgrammable(address, source);
    const cells = this.#cells;
    if (cells.faults !== undefined) {
      this.#interrupt("program", index, address, source.length, (cut) =>
        interruptProgram(cells, address, source, cut),
      );
    }
    if (isErased) cells.store(address, source);
    else cells.overwrite(address, source);
  }

  erase(address: number): void {
    this.#requirePower();
    const sizeBytes = this.#sectors.sizeAt(address);
    const index = this.#begin("erase", address, sizeBytes);
    const erases = this.#wear(address);
    const cells = this.#cells;
    if (cells.faults !== undefined) {
      this.#interrupt("erase", index, address, sizeBytes, (cut) =>
        interruptErase(cells, address, sizeBytes, cut),
      );
    }
    if (erases > this.#enduranceErases) {
      interruptErase(cells, address, sizeBytes, drawnCut(cells, "erase", sizeBytes));
      throw new FlashFault("erase", address);
    }
    cells.clear(address, address + sizeBytes);
  }

  /** Erases begun on the sector that holds `address`. */
  eraseCount(address: number): number {
    return this.#eraseCounts?.[this.#sectors.indexOf(address)] ?? 0;
  }

  /** The supply will fail in operation `index`; see {@link operations}. */
  cutAt(index: number, cut: Cut): void {
    this.#cells.needFaults().cuts.set(index, cut);
  }

  /** The supply fails between operations; a cut that waited for the next one does not come then. */
  powerOff(): void {
    this.#cells.faults?.cuts.delete(this.#operations);
    this.#isPowered = false;
  }

  powerOn(): void {
    this.#isPowered = true;
  }

  /**
   * The next `count` operations of a kind that touch the span report a {@link FlashFault}, having
   * had `effect`. A read has the bytes ("done"), the first half of them, or none.
   */
  failNext(
    operation: FlashCall,
    count: number,
    span = { address: 0, sizeBytes: this.geometry.sizeBytes },
    effect: FaultEffect = "none",
  ): void {
    const { address: start, sizeBytes } = span;
    const rule = { call: operation, effect, count, start, end: start + sizeBytes };
    this.#cells.needFaults().failures.add(rule);
  }

  /** Charge leaks: one stored bit changes. Its granule stays programmed or erased as it was. */
  flipBit(address: number, bit: number): void {
    this.#requireSpan(address, 1);
    this.#cells.needFaults().bits.flip(address, bit);
  }

  /** A bit that reads `value` for ever. */
  stickBit(address: number, bit: number, value: 0 | 1): void {
    this.#requireSpan(address, 1);
    this.#cells.needFaults().bits.stick(address, bit, value);
  }

  /** An independent flash with the same past; costs what this one has touched. Not its hook. */
  clone(): NorFlash {
    const copy = new NorFlash(this.geometry, this.#options);
    copy.restore(this);
    return copy;
  }

  /** Becomes what `snapshot` (a clone of this flash or of a sibling) is, supply included. */
  restore(snapshot: NorFlash): void {
    if (snapshot.geometry !== this.geometry || snapshot.#cells.content !== this.#cells.content) {
      throw new RangeError("not a snapshot of this flash");
    }
    this.#cells.copyFrom(snapshot.#cells);
    this.#eraseCounts = snapshot.#eraseCounts?.slice();
    this.#operations = snapshot.#operations;
    this.#isPowered = snapshot.#isPowered;
  }

  #begin(kind: FlashOperationKind, address: number, sizeBytes: number): number {
    const index = this.#operations++;
    this.onOperation?.({ index, kind, address, sizeBytes });
    return index;
  }

  /** If this operation is to be cut or to fail: leaves it so and throws. */
  #interrupt(
    kind: FlashOperationKind,
    index: number,
    address: number,
    sizeBytes: number,
    leave: (cut: Cut) => void,
  ): void {
    const faults = this.#cells.needFaults();
    const cut = faults.cuts.get(index);
    if (cut !== undefined) {
      this.#isPowered = false;
      leave(cut);
      throw new PowerLoss(`in ${kind} ${index} at 0x${address.toString(16)}`);
    }
    const effect = faults.failures.take(kind, address, address + sizeBytes);
    if (effect === undefined) return;
    if (effect === "torn") leave(drawnCut(this.#cells, kind, sizeBytes));
    else if (effect === "done") leave({ kind: "doneButLost" });
    else if (effect !== "none") leave(effect);
    throw new FlashFault(kind, address);
  }

  #failRead(address: number, target: Uint8Array): void {
    const { failures } = this.#cells.needFaults();
    const effect = failures.take("read", address, address + target.length);
    if (effect === undefined) return;
    const sizeBytes = effect === "none" ? 0 : target.length >> (effect === "done" ? 0 : 1);
    this.#cells.sense(address, target.subarray(0, sizeBytes));
    throw new FlashFault("read", address);
  }

  /** Returns whether the span is erased; throws when it cannot be programmed. */
  #requireProgrammable(address: number, source: Uint8Array): boolean {
    if (!this.#cells.isProgrammed(address, source.length)) return true;
    if (this.policy === "multiwrite") return false;
    const { granuleBytes } = this.geometry;
    for (let offset = 0; offset < source.length; offset += granuleBytes) {
      const granule = address + offset;
      if (!this.#cells.isProgrammed(granule, granuleBytes)) continue;
      const word = source.subarray(offset, offset + granuleBytes);
      if (this.policy === "zero-overwrite" && word.every((byte) => byte === 0)) continue;
      if (this.#cells.faults?.isSuspect(granule / granuleBytes) === true) {
        throw new FlashFault("program", address);
      }
      throw new RangeError(`granule at 0x${granule.toString(16)} is already programmed`);
    }
    return false;
  }

  /** Returns how often the sector has been erased, this time included. */
  #wear(address: number): number {
    this.#eraseCounts ??= new Uint32Array(this.#sectors.count);
    const index = this.#sectors.indexOf(address);
    const erases = (this.#eraseCounts[index] as number) + 1;
    this.#eraseCounts[index] = erases;
    return erases;
  }

  #requirePower(): void {
    if (!this.#isPowered) throw new PowerLoss("the flash has no supply");
  }

  #requireSpan(address: number, sizeBytes: number): void {
    if (
      !Number.isInteger(address) ||
      address < 0 ||
      address + sizeBytes > this.geometry.sizeBytes
    ) {
      throw new RangeError(`span of ${sizeBytes} bytes at ${address} is outside the flash`);
    }
  }

  #requireGranules(address: number, sizeBytes: number): void {
    this.#requireSpan(address, sizeBytes);
    const { granuleBytes } = this.geometry;
    if (address % granuleBytes !== 0 || sizeBytes % granuleBytes !== 0) {
      throw new RangeError(`program of ${sizeBytes} bytes at ${address} is not whole granules`);
    }
  }
}
