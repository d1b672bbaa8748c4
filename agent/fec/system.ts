import { Elimination } from "./elimination.ts";
import { type ParityVariant, parityRow } from "./rows.ts";

/** The equations of a session over the fragments that were missing when the first coded one came. */
export interface LinearSystem {
  readonly variant: ParityVariant;
  readonly nbFrag: number;
  /** Bytes. */
  readonly fragSize: number;
  /** Fragment index of each unknown, ascending. */
  readonly columns: Uint16Array;
  readonly elimination: Elimination;
  /** Per pivot, the fragment that its raw equation is: coded, or uncoded and late. 0: no pivot yet. */
  readonly pivotN: Uint16Array;
  /** Per pivot, the scratch slot of its payload, if it is a coded fragment. */
  readonly pivotSlot: Uint16Array;
}

export function newSystem(
  variant: ParityVariant,
  nbFrag: number,
  fragSize: number,
  columns: Uint16Array,
): LinearSystem {
  const count = columns.length;
  return {
    variant,
    nbFrag,
    fragSize,
    columns,
    elimination: new Elimination(count),
    pivotN: new Uint16Array(count),
    pivotSlot: new Uint16Array(count),
  };
}

/** One row for the whole process: it lives from its making to the end of the elimination. */
let scratchRow = new Uint32Array(64);

function reserveRow(words: number): Uint32Array {
  if (scratchRow.length < words) scratchRow = new Uint32Array(2 * words);
  return scratchRow;
}

/** The row of coded fragment `n` over the unknowns. Good until the next row is made. */
export function codedRow(system: LinearSystem, n: number): Uint32Array {
  const { columns } = system;
  const { words } = system.elimination;
  const full = parityRow(system.variant, system.nbFrag, n);
  const row = reserveRow(words);
  for (let word = 0; word < words; word++) {
    const first = word << 5;
    const count = Math.min(columns.length - first, 32);
    let bits = 0;
    for (let column = 0; column < count; column++) {
      const index = columns[first + column] ?? 0;
      bits |= (((full[index >> 5] ?? 0) >>> (index & 31)) & 1) << column;
    }
    row[word] = bits;
  }
  return row;
}

/** The row of an uncoded fragment among the unknowns. Good until the next row is made. */
export function uncodedRow(system: LinearSystem, index: number): Uint32Array {
  const { words } = system.elimination;
  const row = reserveRow(words);
  row.fill(0, 0, words);
  const column = system.columns.indexOf(index);
  row[column >> 5] = 1 << (column & 31);
  return row;
}

/** Adds a reduced row as the equation of `pivot`; its payload is fragment `n`, in `slot` if coded. */
export function addEquation(
  system: LinearSystem,
  pivot: number,
  row: Uint32Array,
  n: number,
  slot: number,
): void {
  system.elimination.insert(pivot, row);
  system.pivotN[pivot] = n;
  system.pivotSlot[pivot] = slot;
}
