import type { LivePullOutcome } from "./run.ts";

const SHOWN_MAX = 10;

/** What a run against a real server has beyond a simulated one. */
export function livePullText({ results, lag, troubles }: LivePullOutcome): string {
  const sum = (read: (figures: { messages: number; lost: number }) => number) =>
    results.reduce((total, { pull }) => total + (pull === undefined ? 0 : read(pull)), 0);
  const lost = sum((figures) => figures.lost);
  const lines = [
    `${sum(({ messages }) => messages)} messages, ${lost} of them lost on the simulated links`,
    `event-loop lag: p50 ${lag.percentileMs(0.5)} ms, p99 ${lag.percentileMs(0.99)} ms, most ${lag.maxMs.toFixed(0)} ms`,
    ...[...troubles].slice(0, SHOWN_MAX).map(([detail, times]) => `${detail}: ${times} times`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
