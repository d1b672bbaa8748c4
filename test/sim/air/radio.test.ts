import { describe, expect, test } from "vitest";
import { CAPTURE, survives } from "#sim/air/capture.ts";
import { PATH_LOSS, pathLossDb } from "#sim/air/path-loss.ts";
import { deviceSensitivityDbm, gatewaySensitivityDbm } from "#sim/air/sensitivity.ts";
import { UplinkReception, type UplinkSignal } from "#sim/air/uplink-reception.ts";

describe("path loss", () => {
  test.each([
    ["lorasim", 40, 127.41],
    ["lorasim", 400, 127.41 + 20.8],
    ["oulu", 1000, 126.95],
    ["oulu", 10_000, 126.95 + 23.2],
    ["ns3", 1, 7.7],
    ["ns3", 1000, 7.7 + 112.8],
  ] as const)("%s at %i m", (name, distanceM, db) => {
    expect(pathLossDb(PATH_LOSS[name], distanceM ** 2)).toBeCloseTo(db, 9);
  });

  test("does not fall below that of the first distance", () => {
    expect(pathLossDb(PATH_LOSS.lorasim, 0)).toBe(127.41);
    expect(pathLossDb(PATH_LOSS.lorasim, 39 ** 2)).toBe(127.41);
  });
});

describe("sensitivity", () => {
  test.each([
    [7, -124, -130],
    [8, -127, -132.5],
    [9, -130, -135],
    [10, -133, -137.5],
    [11, -135, -140],
    [12, -137, -142.5],
  ])("SF%i", (sf, device, gateway) => {
    expect(deviceSensitivityDbm(sf, 125_000)).toBe(device);
    expect(gatewaySensitivityDbm(sf, 125_000)).toBe(gateway);
    expect(deviceSensitivityDbm(sf, 250_000)).toBe(device + 3);
    expect(deviceSensitivityDbm(sf, 500_000)).toBe(device + 6);
  });

  test.each([
    [6, 125_000],
    [13, 125_000],
    [7, 62_500],
  ])("none for SF%i at %i Hz", (sf, bandwidthHz) => {
    expect(() => deviceSensitivityDbm(sf, bandwidthHz)).toThrow(RangeError);
  });
});

describe("capture", () => {
  test.each([
    ["6dB", 7, 7, 6],
    ["1dB", 7, 7, 1],
    ["goursaud", 7, 7, 6],
    ["goursaud", 7, 12, -20],
    ["goursaud", 12, 7, -36],
    ["croce", 9, 9, 1],
    ["croce", 7, 8, -8],
    ["croce", 12, 7, -25],
  ] as const)("%s: SF%i beside SF%i needs %i dB", (name, sf, otherSf, db) => {
    const other = { sf: otherSf, dbm: -100 };
    expect(survives(CAPTURE[name], { sf, dbm: -100 + db }, other)).toBe(true);
    expect(survives(CAPTURE[name], { sf, dbm: -100 + db - 0.01 }, other)).toBe(false);
  });

  test("6dB and 1dB: another spreading factor never disturbs", () => {
    for (const name of ["6dB", "1dB"] as const) {
      expect(survives(CAPTURE[name], { sf: 7, dbm: -140 }, { sf: 8, dbm: 0 })).toBe(true);
    }
  });
});

describe("uplinks at a gateway", () => {
  /** SF7: a symbol takes 1024 µs, so the first 3072 µs of a frame can be missed. */
  const frame = (startUs: number, endUs: number, rest: Partial<UplinkSignal> = {}) => ({
    frequencyHz: 868_100_000,
    sf: 7,
    bandwidthHz: 125_000 as const,
    dbm: -100,
    startUs,
    endUs,
    ...rest,
  });

  function losses(signals: readonly UplinkSignal[], demodulators = 8) {
    const reception = new UplinkReception(CAPTURE["6dB"], demodulators);
    return signals.map((signal) => reception.begin(signal)).map((lossOf) => lossOf());
  }

  test("one alone is received", () => {
    expect(losses([frame(0, 50_000)])).toEqual([undefined]);
  });

  test.each([
    [-130, undefined],
    [-130.1, "tooWeak"],
  ])("at %d dBm: %s", (dbm, loss) => {
    expect(losses([frame(0, 50_000, { dbm })])).toEqual([loss]);
  });

  test("two that overlap are both lost, unless one is 6 dB stronger", () => {
    const second = (dbm: number) => frame(10_000, 60_000, { dbm });
    expect(losses([frame(0, 50_000), second(-100)])).toEqual(["collision", "collision"]);
    expect(losses([frame(0, 50_000), second(-94)])).toEqual(["collision", undefined]);
    expect(losses([frame(0, 50_000), second(-106)])).toEqual([undefined, "collision"]);
  });

  test("on another channel, or with another spreading factor, they do not disturb each other", () => {
    const others = [{ frequencyHz: 868_300_000 }, { sf: 8 }];
    for (const other of others) {
      expect(losses([frame(0, 50_000), frame(10_000, 60_000, other)])).toEqual([
        undefined,
        undefined,
      ]);
    }
  });

  test("of a preamble the first three symbols may be disturbed", () => {
    expect(losses([frame(0, 50_000), frame(46_928, 99_000)])).toEqual(["collision", undefined]);
    expect(losses([frame(0, 50_000), frame(46_927, 99_000)])).toEqual(["collision", "collision"]);
  });

  test("a frame that begins as another ends is beside it", () => {
    expect(losses([frame(0, 50_000), frame(50_000, 99_000)])).toEqual([undefined, undefined]);
  });

  test("one too weak to be received disturbs all the same", () => {
    const weak = frame(0, 50_000, { dbm: -131 });
    expect(losses([weak, frame(0, 50_000, { dbm: -126 })])).toEqual(["tooWeak", "collision"]);
  });

  test("a ninth at once finds no demodulator, and the next one does when a frame has ended", () => {
    const nine = Array.from({ length: 9 }, (_, index) =>
      frame(0, 50_000 + index, { frequencyHz: 868_100_000 + index }),
    );
    const late = frame(50_000, 90_000, { frequencyHz: 867_000_000 });
    const expected = [...Array.from({ length: 8 }, () => undefined), "noDemodulator", undefined];
    expect(losses([...nine, late])).toEqual(expected);
  });

  test("a frame that found no demodulator takes none", () => {
    const on = (index: number) => frame(index, 50_000, { frequencyHz: 868_100_000 + index });
    expect(losses([on(0), on(1), on(2)], 1)).toEqual([undefined, "noDemodulator", "noDemodulator"]);
  });
});
