import type { Entropy } from "#hal/ports.ts";
import type { DutyCycle } from "#sim/air/duty-cycle.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import type { Channel } from "./nvm.ts";

/** When the first of these channels is free, by its sub-band's duty cycle. */
export function earliestStartUs(
  channels: readonly Channel[],
  dutyCycle: DutyCycle,
  notBefore: WorldUs,
): WorldUs {
  const starts = channels.map(({ frequencyHz }) =>
    dutyCycle.earliestStartUs(frequencyHz, notBefore),
  );
  return Math.min(...starts);
}

/** One of those that are free now; there has to be one. */
export function drawChannel(
  channels: readonly Channel[],
  dutyCycle: DutyCycle,
  now: WorldUs,
  entropy: Entropy,
): Channel {
  const free = channels.filter(
    ({ frequencyHz }) => dutyCycle.earliestStartUs(frequencyHz, now) <= now,
  );
  const channel = free[entropy.below("channel", free.length)];
  if (channel === undefined) throw new RangeError("no channel is free");
  return channel;
}
