import { crc32 } from "#agent/boot/crc32.ts";
import { applyPatch, PATCH_RECEIVED, type PatchOutcome } from "#agent/delta/apply.ts";
import { makeBody } from "#agent/delta/body.ts";
import { encodePatchHeader, PATCH_HEADER_BYTES } from "#agent/delta/container.ts";
import type { Compression } from "#agent/delta/decoder.ts";
import { PowerLoss } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { strictReader } from "./apply-body.ts";
import { base } from "./vectors.ts";

export const BANK = { address: 2048, sizeBytes: 2048 };
const GEOMETRY_BYTES = 4096;
const SECTOR_BYTES = 256;
const HASH_BYTES = 32;

export const baseHash = new Uint8Array(HASH_BYTES).fill(0xba);
const targetHash = new Uint8Array(HASH_BYTES).fill(0x7a);

/** A patch to {@link base}; what is given replaces what is true. */
export function patchOf(
  target: Uint8Array,
  { body = makeBody(base, target).bytes, targetBytes = target.length, hash = baseHash } = {},
): Uint8Array {
  const header = encodePatchHeader({
    bodyBytes: body.length,
    targetBytes,
    baseHash: hash,
    targetHash,
    bodyCrc: crc32(body),
  });
  return Uint8Array.of(...header, ...body);
}

export function bodyOf(patch: Uint8Array): Uint8Array {
  return patch.subarray(PATCH_HEADER_BYTES);
}

export function compressedPatch(target: Uint8Array, compression: Compression): Uint8Array {
  return patchOf(target, { body: makeBody(base, target, compression).bytes });
}

/** Power fails while a step is written down: `before` it is, or when it is. */
export interface MemoryCut {
  readonly call: number;
  readonly when: "before" | "after";
}

/** The inactive bank of a device, a patch in it, and what the device remembers of it. */
export class PatchBench {
  readonly flash: NorFlash;
  step = PATCH_RECEIVED;
  canRemember = true;
  memoryCut: MemoryCut | undefined;
  steps = 0;
  cuts = 0;
  readonly #patchBytes: number;

  constructor(patch: Uint8Array, granuleBytes: number) {
    this.flash = new NorFlash({
      sizeBytes: GEOMETRY_BYTES,
      granuleBytes,
      sectors: [{ address: 0, sizeBytes: SECTOR_BYTES, count: GEOMETRY_BYTES / SECTOR_BYTES }],
    });
    this.#patchBytes = patch.length;
    const whole = Math.ceil(patch.length / granuleBytes) * granuleBytes;
    const padded = new Uint8Array(whole).fill(0xff);
    padded.set(patch);
    this.flash.program(BANK.address, padded);
    this.flash.onOperation = ({ address, kind }) => {
      if (address < BANK.address) throw new Error(`${kind} outside of the bank`);
    };
  }

  /** One life. */
  apply(): PatchOutcome {
    return applyPatch({
      flash: this.flash,
      bank: BANK,
      patchBytes: this.#patchBytes,
      base: { reader: strictReader(base), hash: baseHash },
      step: this.step,
      remember: (step) => this.#remember(step),
    });
  }

  /** As many lives as it takes. */
  applyWithCuts(): PatchOutcome {
    for (;;) {
      try {
        this.flash.powerOn();
        return this.apply();
      } catch (error) {
        if (!(error instanceof PowerLoss)) throw error;
        this.cuts += 1;
      }
    }
  }

  bank(): Uint8Array {
    const bytes = new Uint8Array(BANK.sizeBytes);
    this.flash.read(BANK.address, bytes);
    return bytes;
  }

  /** The target, and nothing behind it. */
  holds(target: Uint8Array): boolean {
    return Buffer.compare(this.bank(), bankWith(target)) === 0;
  }

  /** Most erases that a sector of the bank has seen. */
  get erasesMax(): number {
    let max = 0;
    for (let at = 0; at < BANK.sizeBytes; at += SECTOR_BYTES) {
      max = Math.max(max, this.flash.eraseCount(BANK.address + at));
    }
    return max;
  }

  #remember(step: number): boolean {
    const call = this.steps++;
    const when = this.memoryCut?.call === call ? this.memoryCut.when : undefined;
    if (when === "before") throw new PowerLoss();
    if (this.canRemember) this.step = step;
    if (when === "after") throw new PowerLoss();
    return this.canRemember;
  }
}

/** What the bank is to hold in the end. */
export function bankWith(target: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(BANK.sizeBytes).fill(0xff);
  bytes.set(target);
  return bytes;
}
