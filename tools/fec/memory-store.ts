import type { FragmentStore } from "#agent/fec/decoder.ts";

/** Fragments in plain memory. */
export class MemoryStore implements FragmentStore {
  readonly block: Uint8Array;
  readonly #fragSize: number;
  readonly #scratch: Uint8Array;
  readonly #slots: Uint8Array[] = [];

  constructor(nbFrag: number, fragSize: number, scratchFragments: number) {
    this.#fragSize = fragSize;
    this.block = new Uint8Array(nbFrag * fragSize);
    this.#scratch = new Uint8Array(scratchFragments * fragSize);
  }

  writeFragment(index: number, data: Uint8Array): void {
    this.block.set(data, index * this.#fragSize);
  }

  readBlock(target: Uint8Array): void {
    target.set(this.block);
  }

  writeCoded(slot: number, _n: number, data: Uint8Array): void {
    this.#scratch.set(data, slot * this.#fragSize);
  }

  readCoded(slot: number, target: Uint8Array): void {
    let view = this.#slots[slot];
    if (view === undefined) {
      view = this.#scratch.subarray(slot * this.#fragSize, (slot + 1) * this.#fragSize);
      this.#slots[slot] = view;
    }
    target.set(view);
  }
}
