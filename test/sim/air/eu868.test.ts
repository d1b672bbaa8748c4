import { describe, expect, test } from "vitest";
import { PHY_OVERHEAD_BYTES } from "#sim/air/regional.ts";
import {
  airtimeOfDownlinkUs,
  airtimeOfUplinkUs,
  maxPayloadBytes,
  rx1DataRate,
  SUB_BANDS,
} from "../eu868.ts";

describe("largest fragments of a 100 KiB image, one downlink each, no CRC", () => {
  test.each([
    { dr: 0, repeater: true, fragment: 48, ms: 2793.472, count: 2134 },
    { dr: 2, repeater: true, fragment: 48, ms: 698.368, count: 2134 },
    { dr: 3, repeater: true, fragment: 112, ms: 676.864, count: 915 },
    { dr: 5, repeater: true, fragment: 219, ms: 368.896, count: 468 },
    { dr: 5, repeater: false, fragment: 239, ms: 394.496, count: 429 },
  ])("DR$dr, $fragment bytes: $ms ms", ({ dr, repeater, fragment, ms, count }) => {
    const appBytes = maxPayloadBytes(dr, { repeater });
    expect(appBytes - 3).toBe(fragment);
    expect(airtimeOfDownlinkUs(dr, PHY_OVERHEAD_BYTES + appBytes) / 1e3).toBe(ms);
    expect(Math.ceil(102_400 / fragment)).toBe(count);
  });

  test("the CRC of an uplink shows in the longest frame alone", () => {
    expect(airtimeOfUplinkUs(5, 255)).toBe(399_616);
    expect(airtimeOfUplinkUs(0, 64)).toBe(2_793_472);
    expect(airtimeOfUplinkUs(2, 64)).toBe(698_368);
    expect(airtimeOfUplinkUs(3, 128)).toBe(676_864);
    expect(airtimeOfUplinkUs(5, 235)).toBe(368_896);
  });
});

/** Formula column of the measured uplinks, in tenths of a millisecond. */
test.each([
  [0, 11_551, 13_189, 14_828],
  [1, 6595, 6595, 7414],
  [2, 3297, 3297, 3707],
  [3, 1649, 1853, 1853],
  [4, 927, 927, 1029],
  [5, 463, 515, 566],
])("uplinks of 15, 18 and 21 bytes at DR%i", (dr, ...tenths) => {
  const computed = [15, 18, 21].map((bytes) => Math.round(airtimeOfUplinkUs(dr, bytes) / 100));
  expect(computed).toEqual(tenths);
});

test("DR6 has twice the bandwidth of DR5, DR7 is FSK", () => {
  expect(airtimeOfDownlinkUs(6, 40) * 2).toBe(airtimeOfDownlinkUs(5, 40));
  expect(airtimeOfDownlinkUs(7, 200)).toBe(33_760);
});

test("payload limits by data rate, repeater and revision", () => {
  const limits = (options: Parameters<typeof maxPayloadBytes>[1]) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((dr) => maxPayloadBytes(dr, options));
  expect(limits({ repeater: true })).toEqual([51, 51, 51, 115, 222, 222, 222, 222]);
  expect(limits({})).toEqual([51, 51, 51, 115, 242, 242, 242, 242]);
  expect(limits({ revision: "RP002-1.0.2" })).toEqual([51, 51, 51, 115, 222, 242, 242, 242]);
  expect(() => maxPayloadBytes(8)).toThrow(RangeError);
});

test("RX1 data rate falls with the offset, down to DR0", () => {
  expect([0, 1, 2, 3, 4, 5].map((offset) => rx1DataRate(3, offset))).toEqual([3, 2, 1, 0, 0, 0]);
});

test("sub-bands are ascending and disjoint", () => {
  for (const [index, band] of SUB_BANDS.entries()) {
    expect(band.fromHz).toBeLessThan(band.toHz);
    expect(band.fromHz).toBeGreaterThanOrEqual(SUB_BANDS[index - 1]?.toHz ?? 0);
  }
});
