/** Of the standard normal distribution, for 95 %. */
const Z = 1.959_964;

/** Wilson's interval for a share that `successes` of `count` show. */
export function wilson(successes: number, count: number): readonly [number, number] {
  if (count === 0) return [0, 1];
  const p = successes / count;
  const z2 = Z * Z;
  const middle = (p + z2 / (2 * count)) / (1 + z2 / count);
  const spread =
    (Z / (1 + z2 / count)) * Math.sqrt((p * (1 - p)) / count + z2 / (4 * count * count));
  return [Math.max(0, middle - spread), Math.min(1, middle + spread)];
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const low = sorted[Math.ceil(half) - 1] ?? 0;
  const high = sorted[Math.floor(half)] ?? 0;
  return (low + high) / 2;
}
