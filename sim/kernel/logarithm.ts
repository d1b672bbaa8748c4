const LOG10_OF_2 = 0.301_029_995_663_981_2;
const FRACTION_BITS = 48;

/**
 * Decimal logarithm, by squaring: only multiplications and halvings, which every engine rounds alike.
 * Within 1e-12. Throws `RangeError` for what has none.
 */
export function log10(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) throw new RangeError(`log10 of ${value}`);
  let whole = 0;
  let rest = value;
  for (; rest >= 2; rest /= 2) whole += 1;
  for (; rest < 1; rest *= 2) whole -= 1;
  let fraction = 0;
  let bit = 0.5;
  for (let index = 0; index < FRACTION_BITS; index++) {
    rest *= rest;
    if (rest >= 2) {
      rest /= 2;
      fraction += bit;
    }
    bit /= 2;
  }
  return (whole + fraction) * LOG10_OF_2;
}
