import { type Flash, FlashFault, type FlashGeometry, PowerLoss } from "#hal/ports.ts";
import { type DrawKey, drawKey } from "../kernel/draws.ts";
import { Cells } from "./cells.ts";
import type { Cut, FlashOperation, FlashOperationKind } from "./cuts.ts";
import { interruptErase, interruptProgram } from "./interrupted.ts";
import { type SectorMap, sectorMapOf } from "./sectors.ts";
import { SharedContent } from "./shared-content.ts";

/**
 * What a second program of a granule does: `write-once` refuses it (STM32U5), `zero-overwrite`
 * accepts all zeros (ECC parts such as H7, L4, G4), `multiwrite` clears more bits (plain NOR).
 */
export type RewritePolicy = "write-once" | "zero-overwrite" | "multiwrite";

export interface NorOptions {
  readonly policy?: RewritePolicy;
  /** Bytes shared with the other flashes of a cell. */
  readonly content?: SharedContent;
  /** Draws for random and unstable bits. */
  readonly key?: DrawKey;
}

const NOTHING_SHARED = new SharedContent([]);

/**
 * NOR flash, stricter than the real thing: whole aligned granules, each programmed once between
 * erases, whole sectors erased, and every way in which a cut operation may be left.
 *
 * Programming a granule that the caller could have known to be programmed is a bug (`RangeError`);
 * one that only looks erased, because power failed in it, is a {@link FlashFault}.
 */
export class NorFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly policy: RewritePolicy;
  /** Called before each program and erase takes effect, also before one that will be cut. */
  onOperation: ((operation: FlashOperation) => void) | undefined;
  readonly #sectors: SectorMap;
  readonly #cells: Cells;
  readonly #key: DrawKey;
  #eraseCounts: Uint32Array | undefined;
  #operations = 0;
  #isPowered = true;

  constructor(geometry: FlashGeometry, options: NorOptions = {}) {
    this.geometry = geometry;
    this.policy = options.policy ?? "write-once";
    this.#sectors = sectorMapOf(geometry);
    this.#key = options.key ?? drawKey(0, 0, "flash");
    this.#cells = new Cells(geometry, options.content ?? NOTHING_SHARED, this.#key);
  }

  /** Programs and erases begun so far: the index of the next one. */
  get operations(): number {
    return this.#operations;
  }

  get isPowered(): boolean {
    return this.#isPowered;
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
    if (this.#isFailing("read", address, target.length)) throw new FlashFault("read", address);
    this.#cells.read(address, target);
    this.#cells.faults?.distort(address, target);
  }

  program(address: number, source: Uint8Array): void {
    this.#requirePower();
    this.#requireGranules(address, source.length);
    if (source.length === 0) return;
    const index = this.#begin("program", address, source.length);
    const isErased = this.#requireProgrammable(address, source);
    const cells = this.#cells;
    if (cells.faults !== undefined) {
      const cut = cells.faults.cuts.get(index);
      if (cut !== undefined) {
        this.#isPowered = false;
        throw interruptProgram(cells, address, source, cut);
      }
      if (this.#isFailing("program", address, source.length)) {
        throw new FlashFault("program", address);
      }
    }
    if (isErased) cells.store(address, source);
    else cells.overwrite(address, source);
  }

  erase(address: number): void {
    this.#requirePower();
    const sizeBytes = this.#sectors.sizeAt(address);
    const index = this.#begin("erase", address, sizeBytes);
    this.#wear(address);
    const cells = this.#cells;
    if (cells.faults !== undefined) {
      const cut = cells.faults.cuts.get(index);
      if (cut !== undefined) {
        this.#isPowered = false;
        throw interruptErase(cells, address, sizeBytes, cut);
      }
      if (this.#isFailing("erase", address, sizeBytes)) throw new FlashFault("erase", address);
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

  /** The next `count` operations of a kind that touch the span fail and have no effect. */
  failNext(
    operation: "read" | "program" | "erase",
    count: number,
    span = { address: 0, sizeBytes: this.geometry.sizeBytes },
  ): void {
    const { address: start, sizeBytes } = span;
    this.#cells.needFaults().fail({ operation, count, start, end: start + sizeBytes });
  }

  /** Charge leaks: one stored bit changes. Its granule stays programmed or erased as it was. */
  flipBit(address: number, bit: number): void {
    this.#requireSpan(address, 1);
    this.#cells.flip(address, bit);
  }

  /** A bit that reads `value` for ever. */
  stickBit(address: number, bit: number, value: 0 | 1): void {
    this.#requireSpan(address, 1);
    this.#cells.needFaults().stick(address, bit, value);
  }

  /** An independent flash with the same past; costs what this one has touched. Not its hook. */
  clone(): NorFlash {
    const copy = new NorFlash(this.geometry, {
      policy: this.policy,
      content: this.#cells.content,
      key: this.#key,
    });
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

  #isFailing(operation: "read" | "program" | "erase", address: number, sizeBytes: number): boolean {
    return this.#cells.faults?.isFailing(operation, address, address + sizeBytes) === true;
  }

  /** Returns whether the span is erased and reads so; throws when it cannot be programmed. */
  #requireProgrammable(address: number, source: Uint8Array): boolean {
    const state = this.#cells.stateOf(address, source.length);
    if (state !== "programmed") return state === "erased";
    if (this.policy === "multiwrite") return false;
    const { granuleBytes } = this.geometry;
    for (let offset = 0; offset < source.length; offset += granuleBytes) {
      const granule = address + offset;
      if (this.#cells.stateOf(granule, granuleBytes) !== "programmed") continue;
      if (this.#cells.faults?.isSuspect(granule / granuleBytes) === true) {
        throw new FlashFault("program", address);
      }
      const word = source.subarray(offset, offset + granuleBytes);
      if (this.policy === "zero-overwrite" && word.every((byte) => byte === 0)) continue;
      throw new RangeError(`granule at 0x${granule.toString(16)} is already programmed`);
    }
    return false;
  }

  #wear(address: number): void {
    this.#eraseCounts ??= new Uint32Array(this.#sectors.count);
    const index = this.#sectors.indexOf(address);
    this.#eraseCounts[index] = (this.#eraseCounts[index] as number) + 1;
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
