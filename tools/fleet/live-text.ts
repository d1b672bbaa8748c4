import { disagreements } from "./disagreements.ts";
import type { LiveOutcome } from "./live-run.ts";

const SHOWN_MAX = 10;

/** What a run against a real server has beyond a simulated one. */
export function liveText(outcome: LiveOutcome): string {
  const { results, records, lag, uplinks, downlinks, unicast, oddities, joinSeconds } = outcome;
  const rows = records.flatMap((record) => record.rows);
  const found = records.length === 0 ? [] : disagreements(results, rows);
  const lines = [
    `joined in ${joinSeconds.toFixed(1)} s · ${uplinks} uplinks, ${downlinks} downlinks`,
    `${unicast.taken} downlinks to one device heard and authentic, ${unicast.refused} refused for their MIC or counter`,
    `event-loop lag: p50 ${lag.percentileMs(0.5)} ms, p99 ${lag.percentileMs(0.99)} ms, most ${lag.maxMs.toFixed(0)} ms`,
    ...records.flatMap(({ group, complaints }) => complaints.map((text) => `${group}: ${text}`)),
    ...oddities.slice(0, SHOWN_MAX),
    ...(records.length === 0 ? [] : [comparedText(found.length, results.length)]),
    ...found.slice(0, SHOWN_MAX).map(({ devEui, text }) => `  ${devEui}: ${text}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function comparedText(found: number, devices: number): string {
  return found === 0
    ? `both sides agree on all ${devices} devices`
    : `the server disagrees on ${found} of ${devices} devices`;
}
