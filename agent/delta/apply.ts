import { type Flash, FlashFault } from "#hal/ports.ts";
import type { Region } from "../boot/strategy.ts";
import { flashReader } from "../flash/flash-reader.ts";
import { erasedByteOf, roundUp, sectorBytes, sectorsOf } from "../flash/sectors.ts";
import type { ImageReader } from "../image/reader.ts";
import { eraseSector, isErased } from "../staging/flash-access.ts";
import { type BankPlan, planOf } from "./bank-plan.ts";
import type { PatchDecoder } from "./decoder.ts";
import { openPatch, type PatchBase, type PatchRefused, patchRefused } from "./patch.ts";

/** The patch is where it was received: at the start of the bank. */
export const PATCH_RECEIVED = 0;
/** It is at the end of the bank; and as many sectors of the target are made as this is more. */
const PATCH_MOVED = 1;
/** With the count of its sectors: the target is made, and the patch not needed any more. */
const TARGET_MADE = 2 ** 31;

/** A patch in the inactive bank. */
export interface PatchTask {
  readonly flash: Flash;
  readonly bank: Region;
  readonly patchBytes: number;
  readonly base: PatchBase;
  /** How far it is, 32 bits; {@link PATCH_RECEIVED} at first. */
  readonly step: number;
  /** Keeps the step over resets. False: it could not be written down. */
  remember(step: number): boolean;
}

export type PatchOutcome =
  | { readonly ok: true }
  | PatchRefused
  | { readonly ok: false; readonly reason: "storage"; readonly detail: string };

const TRIES_MAX = 3;
/** A multiple of every granule. */
const CHUNK_BYTES = 256;
/** In use within one call only. */
const chunk = new Uint8Array(CHUNK_BYTES);
const readBack = new Uint8Array(CHUNK_BYTES);

/**
 * Replaces a patch at the start of a bank by the image that it makes, and leaves nothing behind
 * that. Power may fail at any time: called again with the step remembered last, it goes on.
 *
 * The patch is tried out first, so that what is no good is refused before anything is erased. Then
 * it moves to the end of the bank; what was received stays as it is until the copy is complete and
 * that is remembered. Then the target is written from the front, sector by sector, each remembered
 * when it is complete. After a reset the patch is decoded anew from its start; sectors that are
 * remembered are passed over, and the next one is erased first, whatever it reads like.
 *
 * Throws `FlashFault` when the flash does not do what it should, after a few tries.
 */
export function applyPatch(task: PatchTask): PatchOutcome {
  return new PatchApplication(task).run();
}

class PatchApplication {
  readonly #task: PatchTask;
  #step: number;

  constructor(task: PatchTask) {
    this.#task = task;
    this.#step = task.step;
  }

  run(): PatchOutcome {
    if (this.#step === PATCH_RECEIVED) {
      const refused = this.#tryOut() ?? this.#move();
      if (refused !== undefined) return refused;
    }
    if (this.#step < TARGET_MADE) {
      const refused = this.#makeTarget();
      if (refused !== undefined) return refused;
    }
    this.#clearFrom(this.#step - TARGET_MADE);
    return { ok: true };
  }

  /** Finds everything that is wrong with the patch, and with its size. */
  #tryOut(): PatchOutcome | undefined {
    const patch = openPatch(this.#received(), this.#task.base);
    if (!patch.ok) return patch;
    const { targetBytes } = patch.header;
    if (this.#planFor(targetBytes) === undefined) return this.#noRoom(targetBytes);
    const decoder = patch.decoder();
    for (let at = 0; at < targetBytes; at += CHUNK_BYTES) {
      if (!decoder.fill(chunk.subarray(0, Math.min(CHUNK_BYTES, targetBytes - at)))) break;
    }
    return decoder.finish() ? undefined : patchRefused("patchFormat", decoder.problem ?? "");
  }

  #move(): PatchOutcome | undefined {
    const { flash } = this.#task;
    const received = this.#received();
    const { address } = this.#kept();
    retried(() => {
      for (const sector of sectorsOf(flash.geometry, this.#kept())) eraseSector(flash, sector);
      for (let at = 0; at < received.sizeBytes; at += CHUNK_BYTES) {
        const part = chunk.subarray(0, Math.min(CHUNK_BYTES, received.sizeBytes - at));
        received.read(at, part);
        programVerified(flash, address + at, part.length);
      }
    });
    return this.#remember(PATCH_MOVED) ? undefined : noStorage("the journal cannot be written");
  }

  #makeTarget(): PatchOutcome | undefined {
    const { flash, patchBytes, base } = this.#task;
    const { address } = this.#kept();
    const patch = openPatch(flashReader(flash, { address, sizeBytes: patchBytes }), base);
    if (!patch.ok) return patch;
    const { targetBytes } = patch.header;
    const plan = this.#planFor(targetBytes);
    if (plan === undefined) return this.#noRoom(targetBytes);
    for (let tries = 1; ; tries++) {
      const before = this.#step;
      try {
        const decoder = patch.decoder();
        if (!this.#writeSectors(decoder, plan)) {
          return patchRefused("patchFormat", decoder.problem ?? "");
        }
        break;
      } catch (error) {
        if (this.#step > before) tries = 0;
        if (!(error instanceof FlashFault) || tries === TRIES_MAX) throw error;
      }
    }
    this.#remember(TARGET_MADE + plan.targetSectors.length);
    return undefined;
  }

  /** Decodes from the start, and writes what is not made yet. False: the decoder knows why. */
  #writeSectors(decoder: PatchDecoder, { targetSectors }: BankPlan): boolean {
    const { flash } = this.#task;
    let left = decoder.targetBytes;
    for (const [index, sector] of targetSectors.entries()) {
      const sizeBytes = Math.min(left, sectorBytes(flash.geometry, sector));
      const isMade = index < this.#step - PATCH_MOVED;
      if (!isMade) eraseSector(flash, sector);
      for (let at = 0; at < sizeBytes; at += CHUNK_BYTES) {
        const part = chunk.subarray(0, Math.min(CHUNK_BYTES, sizeBytes - at));
        if (!decoder.fill(part)) return false;
        if (!isMade) programVerified(flash, sector + at, part.length);
      }
      left -= sizeBytes;
      // Without a record a later reset starts further in front: slower, not wrong.
      if (!isMade) this.#remember(PATCH_MOVED + index + 1);
    }
    return decoder.finish();
  }

  /** Erases what is left in the sectors from the `index`-th of the bank on. */
  #clearFrom(index: number): void {
    const { flash, bank } = this.#task;
    for (const sector of sectorsOf(flash.geometry, bank).slice(index)) {
      if (!this.#isBlank(sector)) eraseSector(flash, sector);
    }
  }

  #isBlank(sector: number): boolean {
    const { flash } = this.#task;
    const end = sector + sectorBytes(flash.geometry, sector);
    for (let at = sector; at < end; at += CHUNK_BYTES) {
      if (!isErased(flash, at, Math.min(CHUNK_BYTES, end - at))) return false;
    }
    return true;
  }

  #received(): ImageReader {
    const { flash, bank, patchBytes } = this.#task;
    return flashReader(flash, { address: bank.address, sizeBytes: patchBytes });
  }

  /** Where the patch is kept: known from its size alone, and so found again after a reset. */
  #kept(): Region {
    const plan = this.#planFor(0);
    if (plan === undefined) throw new RangeError("a patch is kept that does not fit");
    return plan.patch;
  }

  #planFor(targetBytes: number): BankPlan | undefined {
    const { flash, bank, patchBytes } = this.#task;
    return planOf(flash.geometry, bank, patchBytes, targetBytes);
  }

  #noRoom(targetBytes: number): PatchOutcome {
    const { bank, patchBytes } = this.#task;
    const wanted = `an image of ${targetBytes} bytes beside the patch of ${patchBytes}`;
    return noStorage(`the bank of ${bank.sizeBytes} bytes does not hold ${wanted}`);
  }

  #remember(step: number): boolean {
    this.#step = step;
    return this.#task.remember(step);
  }
}

function noStorage(detail: string): PatchOutcome {
  return { ok: false, reason: "storage", detail };
}

/** Runs what the flash may refuse once or twice. */
function retried(attempt: () => void): void {
  for (let tries = 1; ; tries++) {
    try {
      attempt();
      return;
    } catch (error) {
      if (!(error instanceof FlashFault) || tries === TRIES_MAX) throw error;
    }
  }
}

/** Programs the first `length` bytes of the chunk, in whole granules, and reads them again. */
function programVerified(flash: Flash, address: number, length: number): void {
  const sizeBytes = roundUp(length, flash.geometry.granuleBytes);
  chunk.fill(erasedByteOf(flash.geometry), length, sizeBytes);
  flash.program(address, chunk.subarray(0, sizeBytes));
  const found = readBack.subarray(0, sizeBytes);
  flash.read(address, found);
  for (let index = 0; index < sizeBytes; index++) {
    if (found[index] !== chunk[index]) throw new FlashFault("program", address);
  }
}
