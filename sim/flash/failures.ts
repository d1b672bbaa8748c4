import type { Region } from "#agent/boot/strategy.ts";
import type { Cut } from "./cuts.ts";

/** A call of the flash port, as {@link FailureRules} counts them. */
export type FlashCall = "read" | "program" | "erase";

/**
 * What an operation that reports a fault has done: nothing; all of it, and only the
 * acknowledgement was lost; a part, drawn anew each time; or exactly as a cut would leave it.
 */
export type FaultEffect = "none" | "done" | "torn" | Cut;

interface FailureRule<Effect> {
  readonly call: FlashCall;
  readonly effect: Effect;
  count: number;
  readonly start: number;
  readonly end: number;
}

/** What will go wrong in the next operations on a span; each rule for a number of times. */
export class FailureRules<Effect> {
  #rules: FailureRule<Effect>[] = [];

  /** The next `count` of these calls that touch the span. */
  add(call: FlashCall, count: number, span: Region, effect: Effect): void {
    const { address: start, sizeBytes } = span;
    this.#rules.push({ call, count, start, end: start + sizeBytes, effect });
  }

  /** The effect of the oldest rule that this operation meets; takes its count down. */
  take(call: FlashCall, start: number, end: number): Effect | undefined {
    for (const rule of this.#rules) {
      if (rule.call !== call || start >= rule.end || end <= rule.start) continue;
      if (rule.count <= 0) continue;
      rule.count -= 1;
      return rule.effect;
    }
    return undefined;
  }

  copyFrom(other: FailureRules<Effect>): void {
    this.#rules = other.#rules.map((rule) => ({ ...rule }));
  }
}
