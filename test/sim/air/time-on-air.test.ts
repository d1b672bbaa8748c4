import { describe, expect, test } from "vitest";
import { fskTimeOnAirUs, type LoraFrame, timeOnAirUs } from "#sim/air/time-on-air.ts";

const uplink = (sf: number, payloadBytes: number, rest: Partial<LoraFrame> = {}): LoraFrame => ({
  sf,
  bandwidthHz: 125_000,
  payloadBytes,
  crc: true,
  ...rest,
});

describe("unit values of The Things Stack", () => {
  test.each<[us: number, frame: LoraFrame]>([
    [41_216, uplink(7, 10)],
    [72_192, uplink(8, 10)],
    [144_384, uplink(9, 10)],
    [288_768, uplink(10, 10)],
    [577_536, uplink(11, 10)],
    [991_232, uplink(12, 10)],
    [20_608, uplink(7, 10, { bandwidthHz: 250_000 })],
    [10_304, uplink(7, 10, { bandwidthHz: 500_000 })],
    [45_312, uplink(7, 10, { codingRate: 2 })],
    [49_408, uplink(7, 10, { codingRate: 3 })],
    [53_504, uplink(7, 10, { codingRate: 4 })],
    ...[13, 14, 15].map((bytes): [number, LoraFrame] => [46_336, uplink(7, bytes)]),
    ...[16, 17, 18, 19].map((bytes): [number, LoraFrame] => [51_456, uplink(7, bytes)]),
  ])("%i µs", (us, frame) => {
    expect(timeOnAirUs(frame)).toBe(us);
  });

  test("FSK at 50 kbit/s, 200 bytes", () => {
    expect(fskTimeOnAirUs(200)).toBe(33_760);
  });
});

describe("values of the ns-3 lorawan suite", () => {
  const off = { lowDataRateOptimize: false };
  const on = { lowDataRateOptimize: true };
  const bare = { header: false };
  test.each<[seconds: number, frame: LoraFrame]>([
    [0.041216, uplink(7, 10, off)],
    [0.072192, uplink(8, 10, off)],
    [0.072192, uplink(8, 10, { ...off, ...bare })],
    [0.078336, uplink(8, 10, { ...off, ...bare, codingRate: 2 })],
    [0.082432, uplink(8, 10, { ...off, ...bare, codingRate: 2, preambleSymbols: 10 })],
    [0.082432, uplink(8, 10, { ...on, ...bare, codingRate: 2, preambleSymbols: 10 })],
    [0.280576, uplink(10, 10, { ...on, ...bare, codingRate: 2, preambleSymbols: 10 })],
    [
      0.140288,
      uplink(10, 10, { ...on, ...bare, codingRate: 2, preambleSymbols: 10, bandwidthHz: 250_000 }),
    ],
    [
      0.070144,
      uplink(10, 10, { ...on, ...bare, codingRate: 2, preambleSymbols: 10, bandwidthHz: 500_000 }),
    ],
    [0.082432, uplink(10, 10, { ...on, codingRate: 2, preambleSymbols: 10, bandwidthHz: 500_000 })],
    [0.078336, uplink(10, 10, { ...on, codingRate: 2, bandwidthHz: 500_000 })],
    [0.264192, uplink(12, 10, { ...on, codingRate: 2, bandwidthHz: 500_000 })],
    [0.657408, uplink(12, 50, { ...on, codingRate: 2, bandwidthHz: 500_000 })],
    [2.629632, uplink(12, 50, { ...on, codingRate: 2 })],
    [2.301952, uplink(12, 50, on)],
  ])("%f s", (seconds, frame) => {
    expect(timeOnAirUs(frame) / 1e6).toBe(seconds);
  });
});

test("the low data rate switch is the caller's: SF12, 13 bytes without it (brocaar/lorawan)", () => {
  expect(timeOnAirUs(uplink(12, 13, { lowDataRateOptimize: false }))).toBe(1_155_072);
});

test("the EU868 beacon: SF9, 17 bytes, ten symbols of preamble, no header, no CRC", () => {
  const beacon = { preambleSymbols: 10, header: false, crc: false };
  expect(timeOnAirUs(uplink(9, 17, beacon))).toBe(152_576);
});

test("optimization sets in where a symbol is longer than 16 ms", () => {
  const forced = (sf: number, bandwidthHz: 125_000 | 250_000 | 500_000, on: boolean) =>
    timeOnAirUs(uplink(sf, 40, { bandwidthHz, lowDataRateOptimize: on }));
  const chosen = (sf: number, bandwidthHz: 125_000 | 250_000 | 500_000) =>
    timeOnAirUs(uplink(sf, 40, { bandwidthHz }));
  expect(chosen(10, 125_000)).toBe(forced(10, 125_000, false));
  expect(chosen(11, 125_000)).toBe(forced(11, 125_000, true));
  expect(chosen(11, 250_000)).toBe(forced(11, 250_000, false));
  expect(chosen(12, 250_000)).toBe(forced(12, 250_000, true));
  expect(chosen(12, 500_000)).toBe(forced(12, 500_000, false));
  expect(chosen(12, 250_000)).not.toBe(forced(12, 250_000, false));
});

test("every length at every rate is a whole number of microseconds, never less for one byte more", () => {
  for (const bandwidthHz of [125_000, 250_000, 500_000] as const) {
    for (let sf = 7; sf <= 12; sf++) {
      let last = 0;
      for (let bytes = 0; bytes <= 255; bytes++) {
        const us = timeOnAirUs(uplink(sf, bytes, { bandwidthHz }));
        expect(Number.isSafeInteger(us) && us >= last).toBe(true);
        last = us;
      }
    }
  }
});

test("nonsense is a bug of the caller", () => {
  expect(() => timeOnAirUs(uplink(6, 10))).toThrow(RangeError);
  expect(() => timeOnAirUs(uplink(7, 256))).toThrow(RangeError);
  expect(() => timeOnAirUs(uplink(7, -1))).toThrow(RangeError);
  expect(() => fskTimeOnAirUs(1.5)).toThrow(RangeError);
});
