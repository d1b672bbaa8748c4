export interface BlockShape {
  readonly nbFrag: number;
  /** Bytes. */
  readonly fragSize: number;
  /** Zero bytes at the end of the fragments that are not part of the data. Fewer than there are. */
  readonly padding: number;
}

/** Which fragments of a block are in place, and so which of its granules are final. */
export class BlockMap {
  readonly shape: BlockShape;
  /** Of all fragments. */
  readonly sizeBytes: number;
  /** Of the data, without the padding. */
  readonly dataBytes: number;
  readonly granuleBytes: number;
  /** Bit i & 7 of byte i >> 3: fragment index i is in place. */
  readonly bits: Uint8Array;

  constructor(shape: BlockShape, granuleBytes: number) {
    this.shape = shape;
    this.sizeBytes = shape.nbFrag * shape.fragSize;
    this.dataBytes = this.sizeBytes - shape.padding;
    this.granuleBytes = granuleBytes;
    this.bits = new Uint8Array((shape.nbFrag + 7) >> 3);
  }

  has(index: number): boolean {
    return (((this.bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
  }

  mark(index: number): void {
    this.bits[index >> 3] = (this.bits[index >> 3] ?? 0) | (1 << (index & 7));
  }

  /** Whether all fragments of a granule are in place, `besides` taken as such. */
  isFinal(granule: number, besides: number): boolean {
    const { fragSize } = this.shape;
    const start = granule * this.granuleBytes;
    const end = Math.min(start + this.granuleBytes, this.sizeBytes);
    const last = Math.floor((end - 1) / fragSize);
    for (let index = Math.floor(start / fragSize); index <= last; index++) {
      if (index !== besides && !this.has(index)) return false;
    }
    return true;
  }
}
