import type { ParityVariant } from "#agent/fec/rows.ts";
import { codedRow, newSystem } from "#agent/fec/system.ts";
import { mulberry32 } from "#tools/fec/session.ts";

export interface Channel {
  readonly variant: ParityVariant;
  readonly nbFrag: number;
  /** Of every fragment, uncoded or coded, independently. */
  readonly loss: number;
}

/**
 * Share of sessions that are decoded with at most e fragments more than were lost, for e = 0..7.
 *
 * Real rows and the decoder's own elimination, without payloads: 60 000 sessions take seconds.
 */
export function decodedShare(channel: Channel, trials: number, seed: number): number[] {
  const next = mulberry32(seed);
  const histogram = new Array<number>(8).fill(0);
  for (let trial = 0; trial < trials; trial++) {
    const extra = extraNeeded(channel, next);
    if (extra < histogram.length) histogram[extra] = (histogram[extra] ?? 0) + 1;
  }
  let sum = 0;
  return histogram.map((count) => {
    sum += count;
    return sum / trials;
  });
}

const CODED_MAX = 8;

/** Coded fragments received beyond the lost uncoded ones when the rank is full; 8 stands for more. */
function extraNeeded({ variant, nbFrag, loss }: Channel, next: () => number): number {
  const lost: number[] = [];
  for (let index = 0; index < nbFrag; index++) if (next() < loss) lost.push(index);
  const system = newSystem(variant, nbFrag, 0, Uint16Array.from(lost));
  const { elimination } = system;
  let received = 0;
  for (let n = nbFrag + 1; elimination.rank < lost.length; n++) {
    if (next() < loss) continue;
    received += 1;
    if (received - lost.length >= CODED_MAX) return CODED_MAX;
    const row = codedRow(system, n);
    const pivot = elimination.reduce(row);
    if (pivot >= 0) elimination.insert(pivot, row);
  }
  return received - lost.length;
}

/** Measured by others with TS004-1.0.0 rows, 3 000 to 20 000 trials each. */
export const publishedCurves: readonly (Channel & { readonly share: readonly number[] })[] = [
  {
    variant: "ts004-v1",
    nbFrag: 1000,
    loss: 0.1,
    share: [0.2867, 0.589, 0.7777, 0.8833, 0.9443, 0.9707, 0.985, 0.992],
  },
  {
    variant: "ts004-v1",
    nbFrag: 300,
    loss: 0.1,
    share: [0.2901, 0.5745, 0.7715, 0.8808, 0.9377, 0.9684, 0.984, 0.9918],
  },
  {
    variant: "ts004-v1",
    nbFrag: 50,
    loss: 0.05,
    share: [0.2822, 0.4859, 0.6427, 0.75, 0.8231, 0.8688, 0.8899, 0.8991],
  },
];
