/**
 * The closed form for a random matrix: how likely a device decodes, when its losses are independent
 * (Bernoulli) or come in bursts (Gilbert–Elliott). Real rows differ for small blocks: there the real
 * rows have the last word.
 */
import type { ResolvedLoss } from "#scenarios/air-defaults.ts";

/** A loss with a closed form. */
export type ClosedLoss = Exclude<ResolvedLoss, { readonly model: "trace" }>;

interface Chain {
  readonly goodToBad: number;
  readonly badToGood: number;
  readonly lossGood: number;
  readonly lossBad: number;
}

/** Chances by count of losses, for a channel that ends good, and bad. */
interface Counts {
  readonly good: Float64Array;
  readonly bad: Float64Array;
}

/** Less than this is nothing. */
const NEGLIGIBLE = 1e-15;

/** Chance that each of `coded` random rows over `lost` unknowns makes the rank full. */
export function fullRank(lost: number, coded: number): number {
  if (coded < lost) return 0;
  let product = 1;
  for (let exponent = coded - lost + 1; exponent <= coded && exponent < 60; exponent++) {
    product *= 1 - 2 ** -exponent;
  }
  return product;
}

/** Chance that a device decodes `nbFrag` fragments with `coded` more. */
export function decodedChance(nbFrag: number, coded: number, loss: ClosedLoss): number {
  const chain = chainOf(loss);
  const bad = badShare(chain);
  const data = lossCounts(nbFrag, chain, { good: 1 - bad, bad });
  const afterGood = lossCounts(coded, chain, { good: 1, bad: 0 });
  const afterBad = lossCounts(coded, chain, { good: 0, bad: 1 });
  let chance = 0;
  for (let lost = 0; lost <= Math.min(nbFrag, coded); lost++) {
    const good = data.good[lost] ?? 0;
    const inBad = data.bad[lost] ?? 0;
    if (good + inBad < NEGLIGIBLE) continue;
    for (let missing = 0; missing <= coded - lost; missing++) {
      const weight = good * totalAt(afterGood, missing) + inBad * totalAt(afterBad, missing);
      if (weight > NEGLIGIBLE) chance += weight * fullRank(lost, coded - missing);
    }
  }
  return chance;
}

/** Fewest coded fragments with which `devices` devices all decode with that chance. */
export function redundancyFor(
  nbFrag: number,
  loss: ClosedLoss,
  chance: number,
  devices: number,
  codedMax = 4 * nbFrag,
): number | undefined {
  const isEnough = (coded: number) => decodedChance(nbFrag, coded, loss) ** devices >= chance;
  if (!isEnough(codedMax)) return undefined;
  let low = 0;
  let high = codedMax;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function meanLoss(loss: ClosedLoss): number {
  const chain = chainOf(loss);
  const bad = badShare(chain);
  return chain.lossGood * (1 - bad) + chain.lossBad * bad;
}

function chainOf(loss: ClosedLoss): Chain {
  if (loss.model === "gilbertElliott") return loss;
  const { probability } = loss;
  return { goodToBad: 0, badToGood: 1, lossGood: probability, lossBad: probability };
}

function badShare({ goodToBad, badToGood }: Chain): number {
  const changes = goodToBad + badToGood;
  return changes === 0 ? 0 : goodToBad / changes;
}

function totalAt({ good, bad }: Counts, count: number): number {
  return (good[count] ?? 0) + (bad[count] ?? 0);
}

/** Frame by frame: the state may change, then the frame is lost or not. */
function lossCounts(
  frames: number,
  { goodToBad, badToGood, lossGood, lossBad }: Chain,
  start: { readonly good: number; readonly bad: number },
): Counts {
  const good = new Float64Array(frames + 1);
  const bad = new Float64Array(frames + 1);
  good[0] = start.good;
  bad[0] = start.bad;
  for (let frame = 0; frame < frames; frame++) {
    let goodLost = 0;
    let badLost = 0;
    for (let count = 0; count <= frame + 1; count++) {
      const wasGood = good[count] ?? 0;
      const wasBad = bad[count] ?? 0;
      const isGood = wasGood * (1 - goodToBad) + wasBad * badToGood;
      const isBad = wasGood * goodToBad + wasBad * (1 - badToGood);
      good[count] = isGood * (1 - lossGood) + goodLost;
      bad[count] = isBad * (1 - lossBad) + badLost;
      goodLost = isGood * lossGood;
      badLost = isBad * lossBad;
    }
  }
  return { good, bad };
}
