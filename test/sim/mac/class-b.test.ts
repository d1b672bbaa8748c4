import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { regionOf } from "#scenarios/regions/regions.ts";
import { encodeBeacon } from "#sim/mac/beacon-frame.ts";
import { BEACON_LESS_MAX_US, BEACON_PERIOD_US, nextPingSlotUs } from "#sim/mac/beacon-timing.ts";
import { ClassB, halfWindowUs } from "#sim/mac/class-b.ts";

const crypto = new NodeCrypto();
const region = regionOf("EU868");
const AIRTIME_US = 152_576;
const GROUP = { address: 0x0123_4567, frequencyHz: 869_525_000, dr: 3, periodicity: 2 };
const TOLERANCE_US = 10_000;

/** A world that begins with a beacon. */
function listening(driftPpm = 0): ClassB {
  const device = new ClassB({ region, gpsAtStart: 0, driftPpm }, crypto);
  device.open(0, GROUP, 0);
  return device;
}

function beacon(device: ClassB, turn: number, isHeard = true): boolean {
  const startUs = turn * BEACON_PERIOD_US;
  const bytes = isHeard ? encodeBeacon(17, turn * 128) : undefined;
  return device.onBeacon(bytes, startUs, startUs + AIRTIME_US);
}

function downlink(startUs: number, change: { frequencyHz?: number; dr?: number } = {}) {
  const { frequencyHz, dr } = GROUP;
  const phyPayload = new Uint8Array(0);
  return { phyPayload, frequencyHz, dr, startUs, endUs: startUs + 1e6, ...change };
}

const slotAfter = (us: number) => nextPingSlotUs(us, GROUP, crypto);

describe("a device that has heard a beacon", () => {
  const device = listening();
  beacon(device, 0);
  const slot = slotAfter(5e6);

  test.each([
    ["in its slot", downlink(slot), true],
    ["10 ms early", downlink(slot - TOLERANCE_US), true],
    ["12 ms late", downlink(slot + 12_000), false],
    ["in the next slot of 30 ms", downlink(slot + 30_000), false],
    ["on another channel", downlink(slot, { frequencyHz: 868_100_000 }), false],
    ["at another data rate", downlink(slot, { dr: 2 }), false],
  ])("hears what comes %s: %s", (_, frame, isHeard) => {
    expect(device.hears(frame)).toBe(isHeard);
  });
});

test("before the first beacon nothing is heard; a broken one is none", () => {
  const device = listening();
  expect(device.hears(downlink(slotAfter(5e6)))).toBe(false);
  const broken = encodeBeacon(17, 0);
  broken[3] = 0xff;
  device.onBeacon(broken, 0, AIRTIME_US);
  expect(device.isLocked).toBe(false);
});

test("a crystal of ±10 ppm is off by 1.28 ms after a beacon period; the window follows it", () => {
  expect(halfWindowUs(BEACON_PERIOD_US) - halfWindowUs(0)).toBe(1280);
  expect(halfWindowUs(BEACON_LESS_MAX_US) - halfWindowUs(0)).toBe(72_000);
});

describe("120 minutes without a beacon", () => {
  const turns = BEACON_LESS_MAX_US / BEACON_PERIOD_US;

  test.each([
    ["a crystal as good as it should be is still in its slots", 10, true],
    ["one that is worse has run out of its windows", 30, false],
  ])("%s", (_, driftPpm, isHeard) => {
    const device = listening(driftPpm);
    beacon(device, 0);
    for (let turn = 1; turn < turns; turn++) expect(beacon(device, turn, false)).toBe(false);
    expect(device.hears(downlink(slotAfter(BEACON_LESS_MAX_US - 60e6)))).toBe(isHeard);
  });

  test("then class B is lost, and said so once; the next beacon brings it back", () => {
    const device = listening();
    beacon(device, 0);
    const lostAt: number[] = [];
    for (let turn = 1; turn < turns + 10; turn++)
      if (beacon(device, turn, false)) lostAt.push(turn);
    expect(lostAt).toEqual([Math.ceil(turns)]);
    expect(device.hears(downlink(slotAfter((turns + 10) * BEACON_PERIOD_US)))).toBe(false);
    beacon(device, turns + 20);
    expect(device.hears(downlink(slotAfter((turns + 20) * BEACON_PERIOD_US + 5e6)))).toBe(true);
  });
});

test("looking for a beacon costs all the time, ping slots a few milliseconds each", () => {
  const device = listening();
  expect(device.rxUsAt(100e6)).toBe(100e6);
  device.onBeacon(encodeBeacon(17, 128), BEACON_PERIOD_US, BEACON_PERIOD_US + AIRTIME_US);
  const before = device.rxUsAt(BEACON_PERIOD_US + AIRTIME_US);
  const oneDay = 86_400e6;
  let now = 0;
  for (let turn = 2; turn * BEACON_PERIOD_US < oneDay; turn++) {
    now = turn * BEACON_PERIOD_US;
    device.onBeacon(encodeBeacon(17, turn * 128), now, now + AIRTIME_US);
  }
  const share = (device.rxUsAt(now) - before) / now;
  expect(share).toBeGreaterThan(0.005);
  expect(share).toBeLessThan(0.015);
});

test("a group that is closed is not heard, and nothing is booked for it", () => {
  const device = listening();
  beacon(device, 0);
  device.close(0, 10e6);
  const booked = device.rxUsAt(10e6);
  expect(device.hears(downlink(slotAfter(11e6)))).toBe(false);
  expect(device.rxUsAt(1000e6)).toBe(booked);
  expect(device.isActive).toBe(false);
});
