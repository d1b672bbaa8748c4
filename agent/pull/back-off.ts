import type { Entropy } from "#hal/ports.ts";
import type { BackOffConfig } from "./config.ts";

/**
 * Delay before another try after `failures` in a row, from 1: doubled each time up to a bound, and
 * the half of it drawn, so that those who failed together do not come back together.
 */
export function backOffMs(failures: number, config: BackOffConfig, entropy: Entropy): number {
  const doublings = Math.min(failures - 1, 30);
  const wholeMs = Math.min(config.firstMs * 2 ** doublings, config.maxMs);
  const half = Math.ceil(wholeMs / 2);
  return half + entropy.below("pullBackOff", half + 1);
}
