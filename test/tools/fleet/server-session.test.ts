import { describe, expect, test } from "vitest";
import { regionOf } from "#scenarios/regions/regions.ts";
import { dutySpacingUs } from "#sim/fleet/gateway-air.ts";
import { serverSession } from "#tools/fleet/server-session.ts";

const region = regionOf("EU868");
/** 42 fragments of 50 bytes at DR5, of which the duty cycle allows one in 1.2 s. */
const campaign = {
  dr: 5,
  fragSize: 50,
  redundancyPercent: 40,
  marginS: 5,
  gapsS: undefined,
  dutyCyclePercent: 10,
  sessionClass: "B",
  pingPeriodicity: 0,
  gateways: 1,
  scheduling: "delay",
  timeoutExponent: undefined,
} as const;
const IMAGE_BYTES = 1500;

test("class C has room for a margin before each fragment, by each gateway", () => {
  const session = (gateways: number) =>
    serverSession(region, { ...campaign, sessionClass: "C", gateways }, IMAGE_BYTES);
  expect(session(1)).toEqual({ timeoutExponent: 8, pingPeriodicity: undefined, lengthS: 256 });
  expect(session(2).timeoutExponent).toBe(9);
});

describe("class B: the server fills every slot", () => {
  test("the duty cycle of this campaign allows a fragment in a little more than a second", () => {
    const spacingS = dutySpacingUs(region, campaign) / 1e6;
    expect(spacingS).toBeGreaterThan(1);
    expect(spacingS).toBeLessThan(2);
  });

  test.each([
    ["slots of 1 s are too many for one gateway", { pingPeriodicity: 0 }, 1],
    ["but not for two, that take turns", { pingPeriodicity: 0, gateways: 2 }, 0],
    ["nor where there is no duty cycle", { pingPeriodicity: 0, dutyCyclePercent: 100 }, 0],
    ["what leaves room is as the scenario says", { pingPeriodicity: 4 }, 4],
    ["seldomer than once in a beacon period there is none", { dutyCyclePercent: 0.01 }, 7],
  ])("%s", (_, change, pingPeriodicity) => {
    const session = serverSession(region, { ...campaign, ...change }, IMAGE_BYTES);
    expect(session.pingPeriodicity).toBe(pingPeriodicity);
  });

  test.each([
    // 43 times 2 s and two beacon periods: the start is rounded down, the first slot may be late
    ["one gateway", { pingPeriodicity: 1 }, 2],
    // 43 times 16 s and two more
    ["seldom slots", { pingPeriodicity: 4 }, 3],
    ["four gateways", { pingPeriodicity: 1, gateways: 4 }, 3],
    ["as the scenario says", { pingPeriodicity: 1, timeoutExponent: 6 }, 6],
  ])("it lasts 128 s times a power of two: %s", (_, change, timeoutExponent) => {
    const session = serverSession(region, { ...campaign, ...change }, IMAGE_BYTES);
    expect(session).toMatchObject({ timeoutExponent, lengthS: 128 * 2 ** timeoutExponent });
  });
});
