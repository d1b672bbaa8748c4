const LAG_MAX_MS = 5000;

/**
 * How late the world runs: per pass of the event loop, by how much its oldest event was overdue.
 * More than a few hundred milliseconds make receive windows be missed, and that is no server's fault.
 */
export class LagMeter {
  /** Passes by their lag in ms, the last for all beyond. */
  readonly #counts = new Uint32Array(LAG_MAX_MS + 1);
  #passes = 0;
  maxMs = 0;
  /** Sees each. */
  onLag: (lagMs: number) => void = () => {};

  add(lagMs: number): void {
    this.#passes += 1;
    this.onLag(lagMs);
    this.maxMs = Math.max(this.maxMs, lagMs);
    const slot = Math.min(Math.floor(lagMs), LAG_MAX_MS);
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  /** The lag that this share of the passes did not exceed, in whole ms. */
  percentileMs(share: number): number {
    let left = Math.ceil(share * this.#passes);
    for (const [ms, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return ms;
    }
    return LAG_MAX_MS;
  }
}
