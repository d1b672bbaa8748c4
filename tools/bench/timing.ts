/** Middle value; the upper one of two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Wall times of `run` in ms, at least three of them, for about `budgetMs`. `prepare` is not timed. */
export function repeatMs(budgetMs: number, prepare: () => void, run: () => void): number[] {
  const times: number[] = [];
  const end = performance.now() + budgetMs;
  while (times.length < 3 || (performance.now() < end && times.length < 20_000)) {
    prepare();
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  return times;
}
