import { describe, expect, test } from "vitest";
import { LagMeter } from "#tools/fleet/lag.ts";

describe("lag", () => {
  test("of no pass is none", () => {
    expect(new LagMeter().percentileMs(0.99)).toBe(0);
  });

  test("is in whole milliseconds by share of the passes", () => {
    const lag = new LagMeter();
    for (let pass = 0; pass < 98; pass++) lag.add(1.9);
    lag.add(40);
    lag.add(700.5);
    expect(lag.percentileMs(0.5)).toBe(1);
    expect(lag.percentileMs(0.98)).toBe(1);
    expect(lag.percentileMs(0.99)).toBe(40);
    expect(lag.percentileMs(1)).toBe(700);
    expect(lag.maxMs).toBe(700.5);
  });

  test("beyond five seconds is five seconds to a percentile, and itself to the most", () => {
    const lag = new LagMeter();
    lag.add(60_000);
    expect(lag.percentileMs(0.5)).toBe(5000);
    expect(lag.maxMs).toBe(60_000);
  });
});
