import { type ParityVariant, parityRow, rowIndices, rowWords } from "#agent/fec/rows.ts";

interface Equation {
  readonly row: Uint32Array;
  readonly payload: Uint8Array;
}

/**
 * The decoder one would write first: every fragment is an equation over all fragments, reduced at
 * once with its payload by textbook Gaussian elimination. Oracle of the tests, baseline of the
 * benchmark.
 */
export class SimpleDecoder {
  readonly #variant: ParityVariant;
  readonly #nbFrag: number;
  readonly #fragSize: number;
  readonly #pivots: (Equation | undefined)[];
  #rank = 0;

  constructor(variant: ParityVariant, nbFrag: number, fragSize: number) {
    this.#variant = variant;
    this.#nbFrag = nbFrag;
    this.#fragSize = fragSize;
    this.#pivots = new Array<Equation | undefined>(nbFrag).fill(undefined);
  }

  get missing(): number {
    return this.#nbFrag - this.#rank;
  }

  /** Returns whether the rank is full. */
  accept(n: number, data: Uint8Array): boolean {
    const row = new Uint32Array(rowWords(this.#nbFrag));
    if (n > this.#nbFrag) row.set(parityRow(this.#variant, this.#nbFrag, n));
    else row[(n - 1) >> 5] = 1 << ((n - 1) & 31);
    const payload = data.slice();
    for (let column = 0; column < this.#nbFrag; column++) {
      if (!hasBit(row, column)) continue;
      const pivot = this.#pivots[column];
      if (pivot === undefined) {
        this.#pivots[column] = { row, payload };
        this.#rank += 1;
        break;
      }
      xorInto(row, pivot.row);
      xorInto(payload, pivot.payload);
    }
    return this.#rank === this.#nbFrag;
  }

  /** The block, once the rank is full. */
  solve(): Uint8Array {
    const block = new Uint8Array(this.#nbFrag * this.#fragSize);
    for (let column = this.#nbFrag - 1; column >= 0; column--) {
      const equation = this.#pivots[column];
      if (equation === undefined) throw new RangeError(`column ${column} has no pivot`);
      const sum = block.subarray(column * this.#fragSize, (column + 1) * this.#fragSize);
      sum.set(equation.payload);
      for (const other of rowIndices(equation.row)) {
        if (other === column) continue;
        xorInto(sum, block.subarray(other * this.#fragSize, (other + 1) * this.#fragSize));
      }
    }
    return block;
  }
}

function hasBit(row: Uint32Array, column: number): boolean {
  return (((row[column >> 5] ?? 0) >>> (column & 31)) & 1) === 1;
}

function xorInto(target: Uint8Array | Uint32Array, source: Uint8Array | Uint32Array): void {
  for (let at = 0; at < target.length; at++) target[at] = (target[at] ?? 0) ^ (source[at] ?? 0);
}
