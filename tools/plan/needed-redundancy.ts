import { Elimination } from "#agent/fec/elimination.ts";
import { type ParityVariant, parityRow } from "#agent/fec/rows.ts";
import { type LossSpec, lossModel } from "#sim/air/loss.ts";
import { drawKey } from "#sim/kernel/draws.ts";

/** The code that is sent. */
export interface Code {
  readonly variant: ParityVariant;
  readonly nbFrag: number;
}

/** Whether the frame with this counter, from 0, is lost to one device. */
export type IsLost = (counter: number) => boolean;

/**
 * How many coded fragments must be sent until one device decodes, with the real rows;
 * `redundancyMax` + 1 stands for more than that.
 */
export function neededRedundancy(
  { variant, nbFrag }: Code,
  redundancyMax: number,
  isLost: IsLost,
): number {
  const lost: number[] = [];
  for (let index = 0; index < nbFrag; index++) if (isLost(index)) lost.push(index);
  const elimination = new Elimination(lost.length);
  const row = new Uint32Array(elimination.words);
  for (let sent = 0; sent <= redundancyMax; sent++) {
    if (elimination.rank === lost.length) return sent;
    // Not even if all the rest came.
    if (lost.length - elimination.rank > redundancyMax - sent) return redundancyMax + 1;
    if (isLost(nbFrag + sent)) continue;
    const full = parityRow(variant, nbFrag, nbFrag + 1 + sent);
    row.fill(0);
    for (let column = 0; column < lost.length; column++) {
      const index = lost[column] ?? 0;
      const bit = ((full[index >> 5] ?? 0) >>> (index & 31)) & 1;
      row[column >> 5] = (row[column >> 5] ?? 0) | (bit << (column & 31));
    }
    const pivot = elimination.reduce(row);
    if (pivot >= 0) elimination.insert(pivot, row);
  }
  return redundancyMax + 1;
}

/** Share of `trials` devices that decode with each of the redundancies, each with losses of its own. */
export function decodedShares(
  code: Code,
  loss: LossSpec,
  redundancies: readonly number[],
  trials: number,
  seed: number,
): readonly number[] {
  const most = Math.max(...redundancies);
  const needed = Array.from({ length: trials }, (_, device) => {
    const air = lossModel(loss, drawKey(seed, device, "multicastLoss"), device);
    return neededRedundancy(code, most, (counter) => air.lost(counter));
  });
  return redundancies.map((count) => needed.filter((need) => need <= count).length / trials);
}
