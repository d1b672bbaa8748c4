import { N_MAX, type ParityVariant } from "./rows.ts";
import { isConsistent, solve } from "./solve.ts";
import { addEquation, codedRow, type LinearSystem, newSystem, uncodedRow } from "./system.ts";

/** Where fragments live; the decoder owns no payload memory. Data must be used before returning. */
export interface FragmentStore {
  /** Uncoded, 0-based, at its final place. Each index at most once. */
  writeFragment(index: number, data: Uint8Array): void;
  /** Fills `target` with the nbFrag * fragSize bytes of the block; missing fragments may be anything. */
  readBlock(target: Uint8Array): void;
  /** Keeps coded fragment `n` in scratch. Slots are taken in ascending order, each written once. */
  writeCoded(slot: number, n: number, data: Uint8Array): void;
  readCoded(slot: number, target: Uint8Array): void;
}

export type AcceptResult =
  /** An uncoded fragment that was missing. */
  | "stored"
  /** A coded fragment that raised the rank; it is in scratch. */
  | "coded"
  | "duplicate"
  /** A coded fragment that says nothing new, and nothing wrong. */
  | "dependent"
  /** A coded fragment that contradicts the others: wrong matrix variant, or corrupt data. */
  | "inconsistent"
  /** Not kept: a cap of the configuration is in the way. */
  | "memoryError"
  /** This fragment made the rank full; every missing fragment has been written. */
  | "complete"
  /** Not a fragment of this session, or the session is complete already. */
  | "ignored";

export interface DecoderConfig {
  readonly variant: ParityVariant;
  /** 1..16383. */
  readonly nbFrag: number;
  /** Bytes, 1..255. */
  readonly fragSize: number;
  /** Most fragments that may be missing when the first coded fragment is taken into account. */
  readonly matrixRowsMax: number;
  /** Coded fragments that fit in scratch. */
  readonly scratchFragmentsMax: number;
}

interface RestoredCoded {
  readonly slot: number;
  readonly n: number;
}

/**
 * Rebuilds a data block from any fragments of it in any order, and completes at the first fragment
 * that makes the rank full.
 *
 * Until then it only eliminates coefficients: coded payloads stay as received in scratch, and the
 * block is solved once, in one batch. The unknowns are fixed when the first coded fragment comes; an
 * uncoded fragment later on is stored like any other and counts as an equation of weight one.
 */
export class Decoder {
  readonly config: DecoderConfig;
  readonly #store: FragmentStore;
  readonly #have: Uint8Array;
  #haveCount = 0;
  #system: LinearSystem | undefined;
  #slotsUsed = 0;
  #highestN = 0;
  #codedSeen = 0;
  #restored: RestoredCoded[] = [];
  #complete = false;
  #inconsistent = false;

  /** Sizes out of range are a bug of the caller: `RangeError`. */
  constructor(config: DecoderConfig, store: FragmentStore) {
    const { nbFrag, fragSize } = config;
    if (!Number.isInteger(nbFrag) || nbFrag < 1 || nbFrag > N_MAX) {
      throw new RangeError(`nbFrag ${nbFrag} is not 1..${N_MAX}`);
    }
    if (!Number.isInteger(fragSize) || fragSize < 1 || fragSize > 255) {
      throw new RangeError(`fragSize ${fragSize} is not 1..255`);
    }
    this.config = config;
    this.#store = store;
    this.#have = new Uint8Array((nbFrag + 7) >> 3);
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** Independent fragments still needed: nbFrag minus rank. */
  get missing(): number {
    if (this.#complete) return 0;
    if (this.#system === undefined) return this.config.nbFrag - this.#haveCount;
    return this.#system.columns.length - this.#system.elimination.rank;
  }

  /** The caps do not allow the session to be solved as it stands; late uncoded fragments may help. */
  get memoryError(): boolean {
    if (this.#complete || this.#codedSeen === 0) return false;
    if (this.#system === undefined) return this.missing > this.config.matrixRowsMax;
    return this.missing > this.config.scratchFragmentsMax - this.#slotsUsed;
  }

  /** Some fragment contradicted the others. */
  get inconsistent(): boolean {
    return this.#inconsistent;
  }

  /** Coded fragments offered so far, whatever became of them. */
  get codedSeen(): number {
    return this.#codedSeen;
  }

  /** Largest fragment number offered so far, or 0. */
  get highestN(): number {
    return this.#highestN;
  }

  hasUncoded(index: number): boolean {
    return (((this.#have[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
  }

  accept(n: number, data: Uint8Array): AcceptResult {
    const { nbFrag, fragSize } = this.config;
    if (this.#restored.length > 0) throw new RangeError("resume() is due");
    if (this.#complete || data.length !== fragSize) return "ignored";
    if (!Number.isInteger(n) || n < 1 || n > N_MAX) return "ignored";
    if (n > this.#highestN) this.#highestN = n;
    return n <= nbFrag ? this.#acceptUncoded(n, data) : this.#acceptCoded(n, data);
  }

  /** After a reboot: fragment `index` (0-based) is in the store. No payload is touched. */
  restoreUncoded(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.config.nbFrag) {
      throw new RangeError(`no fragment index ${index}`);
    }
    if (!this.hasUncoded(index)) this.#mark(index);
    this.#highestN = Math.max(this.#highestN, index + 1);
  }

  /** After a reboot: scratch slot `slot` holds coded fragment `n`. */
  restoreCoded(slot: number, n: number): void {
    const { nbFrag } = this.config;
    if (!Number.isInteger(slot) || slot < 0 || slot > 0xffff) throw new RangeError(`slot ${slot}`);
    if (!Number.isInteger(n) || n <= nbFrag || n > N_MAX) throw new RangeError(`coded ${n}`);
    this.#restored.push({ slot, n });
    this.#slotsUsed = Math.max(this.#slotsUsed, slot + 1);
    this.#highestN = Math.max(this.#highestN, n);
    this.#codedSeen += 1;
  }

  /**
   * Once after everything was restored, in whatever order: finishes if the rank is already full (a
   * power cut during the final solve). Returns {@link complete}.
   */
  resume(): boolean {
    const restored = this.#restored;
    this.#restored = [];
    if (this.#haveCount === this.config.nbFrag) this.#complete = true;
    for (const { slot, n } of restored) {
      if (this.#complete) break;
      const system = this.#openSystem();
      if (system === undefined) break;
      const row = codedRow(system, n);
      const pivot = system.elimination.reduce(row);
      if (pivot >= 0) addEquation(system, pivot, row, n, slot);
      this.#finishIfFull(system);
    }
    return this.#complete;
  }

  #mark(index: number): void {
    this.#have[index >> 3] = (this.#have[index >> 3] ?? 0) | (1 << (index & 7));
    this.#haveCount += 1;
  }

  #acceptUncoded(n: number, data: Uint8Array): AcceptResult {
    const index = n - 1;
    if (this.hasUncoded(index)) return "duplicate";
    this.#store.writeFragment(index, data);
    this.#mark(index);
    const system = this.#system;
    if (system === undefined) {
      this.#complete = this.#haveCount === this.config.nbFrag;
      return this.#complete ? "complete" : "stored";
    }
    const row = uncodedRow(system, index);
    const pivot = system.elimination.reduce(row);
    if (pivot < 0) this.#check(system, row, n, data);
    else addEquation(system, pivot, row, n, 0);
    return this.#finishIfFull(system) ? "complete" : "stored";
  }

  #acceptCoded(n: number, data: Uint8Array): AcceptResult {
    this.#codedSeen += 1;
    const system = this.#openSystem();
    if (system === undefined) return "memoryError";
    const row = codedRow(system, n);
    const pivot = system.elimination.reduce(row);
    if (pivot < 0) {
      if (system.pivotN.includes(n)) return "duplicate";
      return this.#check(system, row, n, data) ? "dependent" : "inconsistent";
    }
    if (this.#slotsUsed >= this.config.scratchFragmentsMax) return "memoryError";
    const slot = this.#slotsUsed;
    this.#store.writeCoded(slot, n, data);
    this.#slotsUsed = slot + 1;
    addEquation(system, pivot, row, n, slot);
    return this.#finishIfFull(system) ? "complete" : "coded";
  }

  /** Fixes the unknowns as soon as there are few enough of them. */
  #openSystem(): LinearSystem | undefined {
    if (this.#system !== undefined) return this.#system;
    const { config } = this;
    const count = config.nbFrag - this.#haveCount;
    if (count > config.matrixRowsMax) return undefined;
    const columns = new Uint16Array(count);
    for (let index = 0, column = 0; column < count; index++) {
      if (!this.hasUncoded(index)) columns[column++] = index;
    }
    this.#system = newSystem(config.variant, config.nbFrag, config.fragSize, columns);
    return this.#system;
  }

  #finishIfFull(system: LinearSystem): boolean {
    if (system.elimination.rank < system.columns.length) return false;
    solve(system, this.#store, (column, data) => {
      const index = system.columns[column] ?? 0;
      if (this.hasUncoded(index)) return;
      this.#store.writeFragment(index, data);
      this.#mark(index);
    });
    this.#complete = true;
    this.#system = undefined;
    return true;
  }

  /** `sum` is what the elimination left of a dependent row. */
  #check(system: LinearSystem, sum: Uint32Array, n: number, data: Uint8Array): boolean {
    const ok = isConsistent(system, this.#store, sum, n, data);
    if (!ok) this.#inconsistent = true;
    return ok;
  }
}
