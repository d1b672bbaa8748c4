import type { Region } from "#agent/boot/strategy.ts";
import { type Flash, FlashFault, type FlashGeometry, PowerLoss } from "#hal/ports.ts";
import { drawKey } from "../kernel/draws.ts";
import { Cells } from "./cells.ts";
import type { Cut, FlashOperation, FlashOperationKind } from "./cuts.ts";
import { durationUs, type FlashDurations } from "./durations.ts";
import type { FaultEffect, FlashCall } from "./failures.ts";
import { interruptErase, interruptProgram } from "./interrupted.ts";
import { invert, inverted } from "./inverted.ts";
import type { NorOptions, RewritePolicy } from "./nor-options.ts";
import { ReadDisturb } from "./read-disturb.ts";
import { type SectorMap, sectorMapOf } from "./sectors.ts";
import { SharedContent } from "./shared-content.ts";
import type { OperationSink } from "./trace.ts";
import { Wear } from "./wear.ts";

const NOTHING_SHARED = new SharedContent([]);
const NOTHING_SHARED_INVERTED = new SharedContent([], [], 0x00);

/**
 * NOR flash, stricter than the real thing: whole aligned granules, each programmed once between
 * erases, whole sectors erased, and every way in which a cut operation may be left. Inside, erased
 * bits are ones: what goes into and out of a part that erases to zeros is inverted.
 *
 * Programming a granule that the caller could have known to be programmed is a bug (`RangeError`);
 * one that only looks erased, because an operation failed in it, is a {@link FlashFault}.
 */
export class NorFlash implements Flash {
  readonly geometry: FlashGeometry;
  readonly policy: RewritePolicy;
  /** Called before each program and erase takes effect, also before one that will be cut. */
  onOperation: ((operation: FlashOperation) => void) | undefined;
  /** Sees what {@link onOperation} sees, beside it. */
  trace: OperationSink | undefined;
  /** Who drives the flash now, for hook and trace. */
  caller = "";
  readonly #options: NorOptions;
  readonly #durations: FlashDurations | undefined;
  readonly #isInverted: boolean;
  readonly #sectors: SectorMap;
  readonly #cells: Cells;
  readonly #wear: Wear;
  readonly #disturb: ReadDisturb | undefined;
  #operations = 0;
  #busyUs = 0;
  #isPowered = true;

  constructor(geometry: FlashGeometry, options: NorOptions = {}) {
    const { policy = "write-once", ecc = false, key = drawKey(0, 0, "flash") } = options;
    if (ecc && policy === "multiwrite") {
      throw new RangeError("check bits cannot be written twice: no multiwrite with ecc");
    }
    this.geometry = geometry;
    this.policy = policy;
    this.#options = options;
    this.#durations = options.durations;
    this.#isInverted = geometry.erasedByte === 0x00;
    this.#sectors = sectorMapOf(geometry);
    const nothing = this.#isInverted ? NOTHING_SHARED_INVERTED : NOTHING_SHARED;
    const { content = nothing, readDisturbEvery } = options;
    if (content.erasedByte !== nothing.erasedByte) {
      throw new RangeError("shared content of flashes with another erased value");
    }
    this.#cells = new Cells(geometry, content, key, ecc);
    this.#wear = new Wear(this.#sectors, options);
    if (readDisturbEvery !== undefined) {
      this.#disturb = new ReadDisturb(readDisturbEvery, this.#sectors, key);
    }
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

  /** Time spent in programs and erases so far, by `NorOptions.durations`. */
  get busyUs(): number {
    return this.#busyUs;
  }

  /** Heap that this flash holds beside what it shares. */
  get memoryBytes(): number {
    const disturb = this.#disturb?.memoryBytes ?? 0;
    return 250 + this.#cells.memoryBytes + this.#wear.memoryBytes + disturb;
  }

  read(address: number, target: Uint8Array): void {
    this.#requirePower();
    this.#sectors.requireSpan(address, target.length);
    if (target.length === 0) return;
    if (this.#cells.faults !== undefined) this.#failRead(address, target);
    this.#sense(address, target);
  }

  program(address: number, source: Uint8Array): void {
    this.#requirePower();
    this.#sectors.requireGranules(address, source.length);
    if (source.length === 0) return;
    const index = this.#begin("program", address, source.length);
    const bits = this.#isInverted ? inverted(source) : source;
    const isErased = this.#requireProgrammable(address, bits);
    const cells = this.#cells;
    const failure = this.#failureOf("program", index, address, bits.length);
    if (failure !== undefined) {
      interruptProgram(cells, address, bits, failure.cut);
      throw failure.error;
    }
    if (isErased) cells.store(address, bits);
    else cells.overwrite(address, bits);
  }

  erase(address: number): void {
    this.#requirePower();
    const sizeBytes = this.#sectors.sizeAt(address);
    const index = this.#begin("erase", address, sizeBytes);
    const state = this.#wear.erase(address);
    const cells = this.#cells;
    const failure = this.#failureOf("erase", index, address, sizeBytes, state === "wornOut");
    if (failure !== undefined) {
      interruptErase(cells, address, sizeBytes, failure.cut);
      throw failure.error;
    }
    cells.clear(address, address + sizeBytes);
    this.#disturb?.erase(address);
    if (state === "marginal") this.rot(1, { address, sizeBytes });
  }

  /** Erases begun on the sector that holds `address`. */
  eraseCount(address: number): number {
    return this.#wear.erases(address);
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
    span: Region = this.#whole,
    effect: FaultEffect = "none",
  ): void {
    this.#cells.needFaults().failures.add(operation, count, span, effect);
  }

  /** The next `count` operations of a kind that touch the span take as long as they ever do. */
  slowNext(operation: FlashOperationKind, count: number, span: Region = this.#whole): void {
    if (this.#durations === undefined) throw new RangeError("a flash without durations");
    this.#cells.needFaults().slow.add(operation, count, span, true);
  }

  /** Charge leaks: one stored bit changes. Its granule stays programmed or erased as it was. */
  flipBit(address: number, bit: number): void {
    this.#sectors.requireSpan(address, 1);
    this.#cells.needFaults().bits.flip(address, bit);
  }

  /** Charge leaks at random: `count` draws of a bit of the span. A bit that has leaked stays so. */
  rot(count: number, span: Region = this.#whole): void {
    this.#sectors.requireSpan(span.address, span.sizeBytes);
    this.#cells.needFaults().rot(count, span.address, span.address + span.sizeBytes);
  }

  /** A bit that reads `value` for ever. */
  stickBit(address: number, bit: number, value: 0 | 1): void {
    this.#sectors.requireSpan(address, 1);
    this.#cells.needFaults().bits.stick(address, bit, (value === 1) !== this.#isInverted);
  }

  /** An independent flash with the same past; costs what this one has touched. Nobody watches it. */
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
    this.#wear.copyFrom(snapshot.#wear);
    if (snapshot.#disturb !== undefined) this.#disturb?.copyFrom(snapshot.#disturb);
    this.#busyUs = snapshot.#busyUs;
    this.#operations = snapshot.#operations;
    this.#isPowered = snapshot.#isPowered;
  }

  get #whole(): Region {
    return { address: 0, sizeBytes: this.geometry.sizeBytes };
  }

  #begin(kind: FlashOperationKind, address: number, sizeBytes: number): number {
    const index = this.#operations++;
    if (this.onOperation !== undefined || this.trace !== undefined) {
      const operation = { index, kind, address, sizeBytes, caller: this.caller };
      this.trace?.record(operation);
      this.onOperation?.(operation);
    }
    if (this.#durations !== undefined) {
      const isSlow = this.#cells.faults?.slow.take(kind, address, address + sizeBytes) === true;
      const pace = isSlow ? "maxUs" : "typUs";
      this.#busyUs += durationUs(this.#durations, kind, address, sizeBytes, pace);
    }
    return index;
  }

  /** How this operation is going to be left, and what becomes of the caller. */
  #failureOf(
    kind: FlashOperationKind,
    index: number,
    address: number,
    sizeBytes: number,
    isWornOut = false,
  ): { readonly cut: Cut; readonly error: Error } | undefined {
    const faults = isWornOut ? this.#cells.needFaults() : this.#cells.faults;
    if (faults === undefined) return undefined;
    const cut = faults.cuts.get(index);
    if (cut !== undefined) {
      this.#isPowered = false;
      return { cut, error: new PowerLoss(`in ${kind} ${index} at 0x${address.toString(16)}`) };
    }
    const ordered = faults.failures.take(kind, address, address + sizeBytes);
    const effect = ordered ?? (isWornOut ? "torn" : undefined);
    if (effect === undefined) return undefined;
    return { cut: faults.cutOf(effect, kind, sizeBytes), error: new FlashFault(kind, address) };
  }

  #failRead(address: number, target: Uint8Array): void {
    const { failures } = this.#cells.needFaults();
    const effect = failures.take("read", address, address + target.length);
    if (effect === undefined) return;
    const sizeBytes = effect === "none" ? 0 : target.length >> (effect === "done" ? 0 : 1);
    if (sizeBytes > 0) this.#sense(address, target.subarray(0, sizeBytes));
    throw new FlashFault("read", address);
  }

  #sense(address: number, target: Uint8Array): void {
    this.#cells.sense(address, target);
    if (this.#isInverted) invert(target);
    if (this.#disturb === undefined) return;
    for (const leak of this.#disturb.read(address, target.length)) {
      this.#cells.needFaults().bits.leak(leak.address, leak.bit);
    }
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

  #requirePower(): void {
    if (!this.#isPowered) throw new PowerLoss("the flash has no supply");
  }
}
