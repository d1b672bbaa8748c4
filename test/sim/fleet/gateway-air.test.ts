import { describe, expect, test } from "vitest";
import { fragmentSpacingUs, gatewayAir } from "#sim/fleet/gateway-air.ts";
import type { GatewayAir } from "#sim/gateway/in-process.ts";
import { airtimeOfDownlinkUs, airtimeOfUplinkUs, IN_EU868 } from "../eu868.ts";

const CLASS_C = {
  gapsS: undefined,
  sessionClass: "C",
  pingPeriodicity: 0,
  gateways: 1,
  scheduling: "delay",
} as const;

const RX2_HZ = 869_525_000;

function airOf(frequencyHz: number, dutyCyclePercent: number, classADutyCycle = true): GatewayAir {
  return gatewayAir({
    campaign: { frequencyHz, dutyCyclePercent },
    air: { classADutyCycle },
    regional: IN_EU868,
  });
}

/** Start of the next transmission in airtimes after the start of the last one. */
function freeAfter(air: GatewayAir, frequencyHz: number): number {
  air.spend(frequencyHz, 1_000_000, 1000);
  return (air.earliestStartUs(frequencyHz, 0) - 1_000_000) / 1000;
}

describe("the gateway's duty cycle", () => {
  test.each([
    ["10 %", RX2_HZ, 10, 10],
    ["100 %", RX2_HZ, 100, 1],
    ["2.5 %", RX2_HZ, 2.5, 40],
    ["50 % at 868.1 MHz", 868_100_000, 50, 2],
    ["50 % between the bands", 868_650_000, 50, 2],
    ["50 % at the upper end", 870_000_000, 50, 2],
  ])("is the scenario's in the band of the multicast channel: %s", (_, hz, percent, airtimes) => {
    expect(freeAfter(airOf(hz, percent), hz)).toBe(airtimes);
    expect(freeAfter(airOf(hz, percent, false), hz)).toBe(airtimes);
  });

  test.each([
    ["867.1", 867_100_000, 100],
    ["868.1", 868_100_000, 100],
    ["868.9", 868_900_000, 1000],
  ])("and in the others EU868's, or none: %s MHz", (_, hz, airtimes) => {
    expect(freeAfter(airOf(RX2_HZ, 50), hz)).toBe(airtimes);
    expect(freeAfter(airOf(RX2_HZ, 50, false), hz)).toBe(1);
  });

  test("the edge of two bands is the upper one's", () => {
    expect(freeAfter(airOf(868_000_000, 50), 868_000_000)).toBe(2);
    expect(freeAfter(airOf(868_000_000, 50), 868_599_900)).toBe(2);
    expect(freeAfter(airOf(868_000_000, 50), 867_999_900)).toBe(100);
    expect(freeAfter(airOf(868_600_000, 50), 868_599_900)).toBe(100);
  });

  test("channels of the multicast band share it", () => {
    const air = airOf(868_100_000, 50);
    air.spend(868_300_000, 0, 1000);
    expect(air.earliestStartUs(868_500_000, 0)).toBe(2000);
    expect(air.earliestStartUs(RX2_HZ, 0)).toBe(0);
  });

  test("each gateway has its own", () => {
    airOf(RX2_HZ, 10).spend(RX2_HZ, 0, 1_000_000);
    expect(airOf(RX2_HZ, 10).earliestStartUs(RX2_HZ, 0)).toBe(0);
  });
});

test("its frames are downlinks: no payload CRC", () => {
  const air = airOf(RX2_HZ, 10);
  for (let phyBytes = 12; phyBytes <= 64; phyBytes++) {
    expect(air.downlinkAirtimeUs(0, phyBytes)).toBe(airtimeOfDownlinkUs(0, phyBytes));
    expect(air.downlinkAirtimeUs(5, phyBytes)).toBe(airtimeOfDownlinkUs(5, phyBytes));
  }
  expect(air.downlinkAirtimeUs(5, 24)).toBeLessThan(airtimeOfUplinkUs(5, 24));
});

describe("fragment spacing", () => {
  test.each([
    // 16 bytes around the fragment: MHDR, FHDR, FPort, MIC, and CID, index and N.
    { dr: 5, fragSize: 219, dutyCyclePercent: 10, marginS: 5, bound: "margin" },
    { dr: 5, fragSize: 219, dutyCyclePercent: 10, marginS: 1, bound: "duty" },
    { dr: 0, fragSize: 48, dutyCyclePercent: 10, marginS: 5, bound: "duty" },
    { dr: 0, fragSize: 48, dutyCyclePercent: 10, marginS: 60, bound: "margin" },
    { dr: 0, fragSize: 48, dutyCyclePercent: 100, marginS: 2, bound: "duty" },
    { dr: 3, fragSize: 112, dutyCyclePercent: 3, marginS: 5, bound: "duty" },
  ])("DR$dr, $dutyCyclePercent %, margin $marginS s: the $bound", ({ bound, ...campaign }) => {
    const { dr, fragSize, dutyCyclePercent, marginS } = campaign;
    const dutyUs = Math.ceil((airtimeOfDownlinkUs(dr, fragSize + 16) * 100) / dutyCyclePercent);
    expect(dutyUs > marginS * 1e6 ? "duty" : "margin").toBe(bound);
    expect(fragmentSpacingUs(IN_EU868.region, { ...campaign, ...CLASS_C })).toBe(
      Math.max(dutyUs, marginS * 1e6),
    );
  });

  test("is what the gateway's duty cycle asks for, to the microsecond", () => {
    for (const dutyCyclePercent of [0.1, 0.7, 1, 3, 10, 33.3, 99.9]) {
      for (const [dr, fragSize] of [
        [0, 48],
        [3, 112],
        [5, 219],
      ] as const) {
        const spacing = fragmentSpacingUs(IN_EU868.region, {
          dr,
          fragSize,
          dutyCyclePercent,
          marginS: 0,
          ...CLASS_C,
        });
        const air = airOf(RX2_HZ, dutyCyclePercent);
        air.spend(RX2_HZ, 0, air.downlinkAirtimeUs(dr, fragSize + 16));
        expect(air.earliestStartUs(RX2_HZ, 0)).toBe(spacing);
      }
    }
  });
});
