import { describe, expect, test } from "vitest";
import { regionOf } from "#scenarios/regions/regions.ts";
import { beaconAirtimeUs } from "#sim/fleet/beacons.ts";
import { beaconTimeIn, encodeBeacon } from "#sim/mac/beacon-frame.ts";
import { hex } from "../../hex.ts";

const TIME = 0xcc02_0000;
const GW_SPECIFIC = hex("00 01 20 00 00 81 03");

/* TS001-1.0.4, beacon encoding examples. */
describe.each([
  ["EU868", 17, "00 00 00 00 02 cc a2 7e 00 01 20 00 00 81 03 de 55"],
  ["19 bytes", 19, "00 00 00 00 00 02 cc a2 7e 00 01 20 00 00 81 03 00 50 d4"],
])("%s", (_, sizeBytes, bytes) => {
  test("to bytes", () => {
    expect(encodeBeacon(sizeBytes, TIME, GW_SPECIFIC)).toEqual(hex(bytes));
  });

  test("and back", () => {
    expect(beaconTimeIn(hex(bytes), sizeBytes)).toBe(TIME);
  });

  test("a flipped bit of the time or its CRC is seen", () => {
    const crcEnd = sizeBytes - 2 - 7 - (sizeBytes === 17 ? 0 : 1);
    for (let bit = 0; bit < 8 * crcEnd; bit++) {
      const bad = hex(bytes);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(beaconTimeIn(bad, sizeBytes)).toBeUndefined();
    }
  });

  test("every truncation is no beacon", () => {
    for (let length = 0; length < sizeBytes; length++) {
      expect(beaconTimeIn(hex(bytes).subarray(0, length), sizeBytes)).toBeUndefined();
    }
  });
});

test("time on air: EU868 152.576 ms", () => {
  expect(beaconAirtimeUs(regionOf("EU868"))).toBe(152_576);
});
