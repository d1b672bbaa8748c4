import type { ParityVariant } from "#agent/fec/rows.ts";
import { codedRow, newSystem } from "#agent/fec/system.ts";
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
  const system = newSystem(variant, nbFrag, 0, Uint16Array.from(lost));
  const { elimination } = system;
  for (let sent = 0; sent <= redundancyMax; sent++) {
    if (elimination.rank === lost.length) return sent;
    // Not even if all the rest came.
    if (lost.length - elimination.rank > redundancyMax - sent) return redundancyMax + 1;
    if (isLost(nbFrag + sent)) continue;
    const row = codedRow(system, nbFrag + 1 + sent);
    const pivot = elimination.reduce(row);
    if (pivot >= 0) elimination.insert(pivot, row);
  }
  return redundancyMax + 1;
}

/** Of the first `count` frames. */
export function lostOf(isLost: IsLost, count: number): number {
  let lost = 0;
  for (let counter = 0; counter < count; counter++) if (isLost(counter)) lost += 1;
  return lost;
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
