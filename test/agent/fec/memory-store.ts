import type { FragmentStore } from "#agent/fec/decoder.ts";

/**
 * A store stricter than the contract: no place is written twice, slots come in ascending order, and
 * what was never written reads as noise.
 */
export class MemoryStore implements FragmentStore {
  readonly block: Uint8Array;
  readonly fragSize: number;
  readonly written = new Set<number>();
  readonly coded: { readonly n: number; readonly data: Uint8Array }[] = [];

  constructor(nbFrag: number, fragSize: number) {
    this.fragSize = fragSize;
    this.block = new Uint8Array(nbFrag * fragSize);
    for (let at = 0; at < this.block.length; at++)
      this.block[at] = Math.imul(at, 0x9e37_79b1) >>> 24;
  }

  writeFragment(index: number, data: Uint8Array): void {
    if (this.written.has(index)) throw new Error(`fragment ${index} written twice`);
    if (data.length !== this.fragSize) throw new Error(`fragment ${index}: ${data.length} bytes`);
    this.written.add(index);
    this.block.set(data, index * this.fragSize);
  }

  readBlock(target: Uint8Array): void {
    if (target.length !== this.block.length) throw new Error(`block of ${target.length} bytes`);
    target.set(this.block);
  }

  writeCoded(slot: number, n: number, data: Uint8Array): void {
    if (slot !== this.coded.length) throw new Error(`slot ${slot}, next is ${this.coded.length}`);
    this.coded.push({ n, data: data.slice() });
  }

  readCoded(slot: number, target: Uint8Array): void {
    const coded = this.coded[slot];
    if (coded === undefined) throw new Error(`slot ${slot} is empty`);
    if (target.length !== this.fragSize) throw new Error(`slot ${slot}: ${target.length} bytes`);
    target.set(coded.data);
  }
}
