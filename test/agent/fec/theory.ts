/** Chance that each of `coded` random rows over `lost` unknowns makes the rank full. */
function fullRank(lost: number, coded: number): number {
  if (coded < lost) return 0;
  let product = 1;
  for (let exponent = coded - lost + 1; exponent <= coded && exponent < 60; exponent++) {
    product *= 1 - 2 ** -exponent;
  }
  return product;
}

/** Chances of 0 to `count` successes. */
function binomial(count: number, probability: number): readonly number[] {
  const chances: number[] = [];
  let logChance = count * Math.log(1 - probability);
  const odds = Math.log(probability / (1 - probability));
  for (let successes = 0; successes <= count; successes++) {
    chances.push(Math.exp(logChance));
    logChance += Math.log((count - successes) / (successes + 1)) + odds;
  }
  return chances;
}

/**
 * Chance that a device decodes `nbFrag` fragments with `redundancy` coded ones, each lost independently:
 * the closed form for random rows.
 */
export function decodedChance(nbFrag: number, redundancy: number, loss: number): number {
  const lost = binomial(nbFrag, loss);
  const coded = binomial(redundancy, 1 - loss);
  let chance = 0;
  for (let count = 0; count <= nbFrag; count++) {
    const weight = lost[count] ?? 0;
    if (weight < 1e-13) continue;
    for (let received = count; received <= redundancy; received++) {
      chance += weight * (coded[received] ?? 0) * fullRank(count, received);
    }
  }
  return chance;
}

/** Fewest coded fragments with which `devices` devices all decode with that chance. */
export function redundancyFor(
  nbFrag: number,
  loss: number,
  chance: number,
  devices: number,
): number {
  for (let redundancy = 0; redundancy <= 2 * nbFrag; redundancy++) {
    if (decodedChance(nbFrag, redundancy, loss) ** devices >= chance) return redundancy;
  }
  throw new RangeError(`${nbFrag} fragments at ${loss} need more than twice as many`);
}
