import type { RunSummary } from "./run-summary.ts";
import type { SweptConfiguration, SweptRun } from "./schema.ts";
import { median, wilson } from "./statistics.ts";

/** What a configuration came to, over its seeds. */
export function sweptConfiguration(
  values: readonly string[],
  replay: string,
  runs: readonly RunSummary[],
): SweptConfiguration {
  const shares = runs.map(({ totals }) => totals.updated / totals.devices);
  const devices = runs.reduce((sum, { totals }) => sum + totals.devices, 0);
  const updated = runs.reduce((sum, { totals }) => sum + totals.updated, 0);
  const [low, high] = wilson(updated, devices);
  return {
    values: [...values],
    devices: runs[0]?.totals.devices ?? 0,
    updatedShare: rounded(devices === 0 ? 0 : updated / devices),
    updatedLow: rounded(low),
    updatedHigh: rounded(high),
    shareMin: rounded(shares.reduce((least, one) => Math.min(least, one), shares[0] ?? 0)),
    shareMedian: rounded(median(shares)),
    shareMax: rounded(shares.reduce((most, one) => Math.max(most, one), 0)),
    ok: runs.filter(({ ok }) => ok).length,
    replay,
    runs: runs.map(sweptRun),
  };
}

function sweptRun({ totals, failed, reasons, ...run }: RunSummary): SweptRun {
  const { seed, ok, virtualSeconds, airtimeS, energyJ, traceHash } = run;
  return {
    seed,
    ok,
    updated: totals.updated,
    failed: failed.map(({ name, expected, actual }) => `${name}: ${expected} (${actual})`),
    reasons: Object.fromEntries(reasons),
    virtualSeconds,
    airtimeS,
    energyJ,
    traceHash,
  };
}

function rounded(share: number): number {
  return Math.round(share * 1e6) / 1e6;
}
