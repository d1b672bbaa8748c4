import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import {
  BEACON_GUARD_US,
  BEACON_LESS_MAX_US,
  BEACON_PERIOD_US,
  BEACON_RESERVED_US,
  hoppingHz,
  nextPingSlotUs,
  PING_SLOT_US,
  PING_SLOTS,
  pingNb,
  pingOffset,
  pingPeriodSlots,
  slotStartUs,
} from "#sim/mac/beacon-timing.ts";

const crypto = new NodeCrypto();

test("the beacon period of TS001: reserved, 4096 slots of 30 ms, guard", () => {
  expect(BEACON_RESERVED_US).toBe(2_120_000);
  expect(BEACON_GUARD_US).toBe(3_000_000);
  expect(PING_SLOTS * PING_SLOT_US).toBe(122_880_000);
  const wholeUs = BEACON_RESERVED_US + PING_SLOTS * PING_SLOT_US + BEACON_GUARD_US;
  expect(wholeUs).toBe(BEACON_PERIOD_US);
  expect(BEACON_PERIOD_US).toBe(128_000_000);
  expect(BEACON_LESS_MAX_US).toBe(120 * 60 * 1e6);
});

test.each([
  [0, 128, 32],
  [1, 64, 64],
  [7, 1, 4096],
])("periodicity %i: %i slots, one in %i", (periodicity, slots, period) => {
  expect(pingNb(periodicity)).toBe(slots);
  expect(pingPeriodSlots(periodicity)).toBe(period);
});

/* As ChirpStack v4 computes them: its own test values. */
describe("the next ping slot of address 0", () => {
  test.each([
    { afterS: 0, periodicity: 7, slotS: 74.3 },
    { afterS: 120, periodicity: 7, slotS: 185.62 },
    { afterS: 0, periodicity: 6, slotS: 12.86 },
    { afterS: 13, periodicity: 6, slotS: 74.3 },
    { afterS: 124, periodicity: 0, slotS: 124.22 },
  ])("after $afterS s, periodicity $periodicity: $slotS s", ({ afterS, periodicity, slotS }) => {
    const group = { address: 0, periodicity };
    expect(nextPingSlotUs(afterS * 1e6, group, crypto)).toBe(Math.round(slotS * 1e6));
  });
});

test("every slot of a period is found once, none in reserved time or guard", () => {
  const group = { address: 0x0123_4567, periodicity: 3 };
  const found: number[] = [];
  for (let us = 1280e6; us < 1408e6; ) {
    const slot = nextPingSlotUs(us, group, crypto);
    if (slot >= 1408e6) break;
    found.push(slot);
    us = slot + 1;
  }
  const first = pingOffset(1280, group.address, 3, crypto);
  expect(found).toEqual(
    Array.from({ length: 16 }, (_, turn) => slotStartUs(1280, first + turn * 256)),
  );
  expect(Math.min(...found)).toBeGreaterThanOrEqual(1280e6 + BEACON_RESERVED_US);
  expect(Math.max(...found) + PING_SLOT_US).toBeLessThanOrEqual(1408e6 - BEACON_GUARD_US);
});

test("channels that hop take turns with the beacons", () => {
  const channels = [1, 2, 3];
  expect([0, 128, 256, 384].map((time) => hoppingHz(channels, time))).toEqual([1, 2, 3, 1]);
  expect(hoppingHz(channels, 128, 1)).toBe(3);
});
