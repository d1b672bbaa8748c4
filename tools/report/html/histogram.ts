/** Counts of values in bins of one width. */
export interface Histogram {
  /** Middle of each bin. */
  readonly middles: readonly number[];
  readonly counts: readonly number[];
  /** Values outside of the bins, which else would squeeze all others into one. */
  readonly outside: { readonly count: number; readonly low: number; readonly high: number } | null;
}

const BINS = 24;
/** Of the values, at each end. */
const TAIL = 0.03;
/** What is far away is cut off where the values reach over this many times the range of most. */
const STRETCH_MAX = 3;

export function histogramOf(values: readonly number[]): Histogram {
  const sorted = Float64Array.from(values).sort();
  const { length } = sorted;
  if (length === 0) return { middles: [], counts: [], outside: null };
  const at = (share: number) => sorted[Math.round(share * (length - 1))] ?? 0;
  const [least, most] = [at(0), at(1)];
  const [low, high] = [at(TAIL), at(1 - TAIL)];
  const reach = Math.max(high - low, most / 1000);
  const isStretched = most - least > STRETCH_MAX * reach;
  const isNear = (value: number) => value >= low - reach && value <= high + reach;
  const inner = isStretched ? sorted.filter(isNear) : sorted;
  const [from, to] = [inner[0] ?? least, inner.at(-1) ?? most];
  const width = binWidth(from, to);
  const start = Math.floor(from / width) * width;
  const counts = new Array<number>(Math.floor((to - start) / width + 1e-9) + 1).fill(0);
  for (const value of inner) {
    const bin = Math.min(Math.floor((value - start) / width + 1e-9), counts.length - 1);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const out = length - inner.length;
  return {
    middles: counts.map((_, bin) => start + (bin + 0.5) * width),
    counts,
    outside: out === 0 ? null : { count: out, low: least, high: most },
  };
}

/** 1, 2 or 5 times a power of ten, so that the bins end on numbers that a person would choose. */
function binWidth(low: number, high: number): number {
  const wished = Math.max((high - low) / BINS, Math.abs(high) / 1000, 1e-6);
  const power = 10 ** Math.floor(Math.log10(wished));
  const step = [1, 2, 5].find((one) => one * power >= wished * (1 - 1e-9)) ?? 10;
  return step * power;
}
