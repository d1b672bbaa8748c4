import { Elimination } from "#agent/fec/elimination.ts";
import { type ParityVariant, parityRow } from "#agent/fec/rows.ts";
import { type LossSpec, lossModel } from "#sim/air/loss.ts";
import { drawKey } from "#sim/kernel/draws.ts";

/** What is sent, and how it gets lost. */
export interface Broadcast {
  readonly variant: ParityVariant;
  readonly nbFrag: number;
  readonly loss: LossSpec;
}

/**
 * How many coded fragments must be sent until a device decodes, with the simulator's own air and the
 * real rows; `redundancyMax` + 1 stands for more than that.
 */
export function neededRedundancy(
  { variant, nbFrag, loss }: Broadcast,
  redundancyMax: number,
  seed: number,
  device: number,
): number {
  const air = lossModel(loss, drawKey(seed, device, "multicastLoss"), device);
  const lost: number[] = [];
  for (let index = 0; index < nbFrag; index++) if (air.lost(index)) lost.push(index);
  const elimination = new Elimination(lost.length);
  const row = new Uint32Array(elimination.words);
  for (let sent = 0; sent <= redundancyMax; sent++) {
    if (elimination.rank === lost.length) return sent;
    if (air.lost(nbFrag + sent)) continue;
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

/** Share of `trials` devices that decode with each of the redundancies. */
export function decodedShares(
  broadcast: Broadcast,
  redundancies: readonly number[],
  trials: number,
  seed: number,
): readonly number[] {
  const most = Math.max(...redundancies);
  const needed = Array.from({ length: trials }, (_, device) =>
    neededRedundancy(broadcast, most, seed, device),
  );
  return redundancies.map((count) => needed.filter((need) => need <= count).length / trials);
}
