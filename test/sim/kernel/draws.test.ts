import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { draw32, drawBelow, drawKey, KeyedEntropy, threshold } from "#sim/kernel/draws.ts";

const TWO_32 = 2 ** 32;
const TWO_53 = 2 ** 53;

describe("pinned: a seed means the same run on every machine and in every release", () => {
  test.each<[number, number, string, number, number]>([
    [0, 0, "", 0, 1_224_793_984],
    [1, 0, "a", 0, 4_051_091_419],
    [1, 0, "a", 1, 3_772_399_284],
    [1, 1, "a", 0, 397_389_866],
    [2, 0, "a", 0, 638_329_641],
    [1, 0, "b", 0, 322_268_577],
    [1, -1, "sharedLoss", 0, 1_948_450_501],
    [4_294_967_295, 999_999, "multicastLoss", 16_382, 2_717_405_861],
    [42, 7, "fault reset 5 s", 0, 3_934_514_396],
    [42, 7, "é\u{1f680}", 3, 492_864_996],
  ])("seed %i, device %i, %j, counter %i: %i", (seed, device, purpose, counter, drawn) => {
    expect(draw32(drawKey(seed, device, purpose), counter)).toBe(drawn);
  });

  test.each([
    [2, [0, 1, 0]],
    [3, [1, 2, 0]],
    [1000, [434, 672, 241]],
    [TWO_32, [1_864_666_980, 2_888_639_739, 1_036_665_262]],
    [TWO_32 + 1, [1_864_666_981, 2_888_639_739, 1_036_665_263]],
    [TWO_53, [3_910_490_088_411_105, 6_057_916_606_244_823, 2_174_044_629_543_548]],
  ])("below %i: %j", (bound, drawn) => {
    const key = drawKey(1, 2, "x");
    expect([0, 1, 2].map((counter) => drawBelow(key, counter, bound))).toEqual(drawn);
  });
});

type Pair = (index: number) => readonly [a: number, b: number];

const PAIRS = 8192;

/**
 * Every bit of one draw against every bit of its partner. The largest deviation from half of them
 * equal, in sigmas, and the chi-square of all 1024 over its expectation.
 */
function correlationOf(pair: Pair): { worst: number; chiSquare: number } {
  const differ = new Float64Array(1024);
  for (let index = 0; index < PAIRS; index++) {
    const [a, b] = pair(index);
    for (let i = 0; i < 32; i++) {
      const mask = (a >>> i) & 1 ? ~b : b;
      for (let j = 0; j < 32; j++)
        differ[32 * i + j] = (differ[32 * i + j] ?? 0) + ((mask >>> j) & 1);
    }
  }
  const z = Array.from(differ, (count) => (count - PAIRS / 2) / Math.sqrt(PAIRS / 4));
  const worst = Math.max(...z.map(Math.abs));
  return { worst, chiSquare: z.reduce((sum, each) => sum + each * each, 0) / 1024 };
}

describe("neighbours are strangers", () => {
  const at = (seed: number, device: number, purpose: string, counter: number) =>
    draw32(drawKey(seed, device, purpose), counter);

  test.each<[string, Pair]>([
    ["devices", (i) => [at(1, i, "x", 0), at(1, i + 1, "x", 0)]],
    ["devices 256 apart", (i) => [at(1, i, "x", 0), at(1, i + 256, "x", 0)]],
    ["two devices over the counter", (i) => [at(1, 5, "x", i), at(1, 6, "x", i)]],
    ["counters", (i) => [at(1, 5, "x", i), at(1, 5, "x", i + 1)]],
    ["counters 1024 apart", (i) => [at(1, 5, "x", i), at(1, 5, "x", i + 1024)]],
    ["two counters over the fleet", (i) => [at(1, i, "x", 3), at(1, i, "x", 4)]],
    ["seeds", (i) => [at(i, 5, "x", 0), at(i + 1, 5, "x", 0)]],
    ["two seeds over the fleet", (i) => [at(1, i, "x", 0), at(2, i, "x", 0)]],
    ["two seeds over the counter", (i) => [at(1, 5, "x", i), at(2, 5, "x", i)]],
    ["seed and device that change places", (i) => [at(1, i, "x", 0), at(i, 1, "x", 0)]],
    ["purposes of one letter", (i) => [at(1, i, "a", 0), at(1, i, "b", 0)]],
    ["purposes over the counter", (i) => [at(1, 7, "drift", i), at(1, 7, "clock", i)]],
    ["a device and a cell", (i) => [at(1, i, "sharedLoss", 0), at(1, -1 - i, "sharedLoss", 0)]],
  ])("%s", (_, pair) => {
    const { worst, chiSquare } = correlationOf(pair);
    // One of 1024 normal deviates beyond 4.9 has a chance of 1e-3; sigma of the quotient is 0.044.
    expect(worst).toBeLessThan(4.9);
    expect(Math.abs(chiSquare - 1)).toBeLessThan(0.2);
  });
});

/** Chi-square against the uniform distribution, in sigmas of its own. */
function unevenness(values: Iterable<number>, bins: number): number {
  const counts = new Float64Array(bins);
  let total = 0;
  for (const bin of values) {
    counts[bin] = (counts[bin] ?? 0) + 1;
    total += 1;
  }
  const expected = total / bins;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (chiSquare - (bins - 1)) / Math.sqrt(2 * (bins - 1));
}

describe("draws are uniform", () => {
  const DRAWS = 25_600;
  const streams: readonly [string, (index: number) => number][] = [
    ["the counter of one device", (index) => draw32(drawKey(1, 5, "x"), index)],
    ["the devices of one seed", (index) => draw32(drawKey(1, index, "multicastLoss"), 0)],
    ["the seeds of one device", (index) => draw32(drawKey(index, 0, "kind"), 0)],
  ];

  test.each(streams)("over %s, in the high byte and in the low", (_, draw) => {
    const drawn = Array.from({ length: DRAWS }, (__, index) => draw(index));
    const high = unevenness(
      drawn.map((value) => value >>> 24),
      256,
    );
    const low = unevenness(
      drawn.map((value) => value & 0xff),
      256,
    );
    // Too even is as suspicious as too uneven.
    expect(Math.abs(high)).toBeLessThan(4);
    expect(Math.abs(low)).toBeLessThan(4);
  });

  test.each(streams)("over %s, in every bit", (_, draw) => {
    const ones = new Float64Array(32);
    for (let index = 0; index < DRAWS; index++) {
      const value = draw(index);
      for (let bit = 0; bit < 32; bit++) ones[bit] = (ones[bit] ?? 0) + ((value >>> bit) & 1);
    }
    for (const count of ones) {
      expect(Math.abs(count - DRAWS / 2) / Math.sqrt(DRAWS / 4)).toBeLessThan(4);
    }
  });

  test.each([2, 3, 7, 100, 1000])("and so are those below %i", (bound) => {
    const key = drawKey(9, 3, "below");
    const drawn = Array.from({ length: DRAWS }, (_, index) => drawBelow(key, index, bound));
    expect(Math.abs(unevenness(drawn, bound))).toBeLessThan(4);
  });

  test("below 2^53 every one of the 53 bits is used", () => {
    const key = drawKey(9, 3, "wide");
    const ones = new Float64Array(53);
    for (let index = 0; index < 4096; index++) {
      const value = BigInt(drawBelow(key, index, TWO_53));
      for (let bit = 0; bit < 53; bit++) {
        ones[bit] = (ones[bit] ?? 0) + Number((value >> BigInt(bit)) & 1n);
      }
    }
    for (const count of ones) expect(Math.abs(count - 2048) / 32).toBeLessThan(4);
  });
});

describe("streams are their own", () => {
  test("no two devices of a fleet share one, and the fleet's purposes do not either", () => {
    const purposes = [
      "appKey",
      "nwkKey",
      "genAppKey",
      "kind",
      "drift",
      "clock",
      "powerOn",
      "flash",
    ];
    for (const seed of [0, 1, 4_294_967_295]) {
      for (const purpose of purposes) {
        const keys = new Set<number>();
        for (let device = -100; device < 2000; device++) keys.add(drawKey(seed, device, purpose));
        expect(keys.size).toBe(2100);
      }
      expect(new Set(purposes.map((purpose) => drawKey(seed, 0, purpose))).size).toBe(8);
    }
  });

  test("no seed is another one with its devices in a different order", () => {
    // With the seed mixed in once, device d of the first would be device d ^ 689 of the second.
    for (const [seed, other, swap] of [
      [1915, 2702, 689],
      [605, 1511, 1121],
    ] as const) {
      for (let device = 0; device < 2048; device++) {
        expect(drawKey(seed, device, "x")).not.toBe(drawKey(other, device ^ swap, "x"));
      }
    }
  });

  test("a stream does not repeat", () => {
    const key = drawKey(1, 5, "x");
    const drawn = new Set(Array.from({ length: 10_000 }, (_, counter) => draw32(key, counter)));
    // Birthdays of 10,000 among 2^32: 0.01 expected.
    expect(drawn.size).toBe(10_000);
  });
});

describe("drawBelow", () => {
  test("stays in [0, bound) for every bound up to 2^53", () => {
    const bound = fc.oneof(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: TWO_53 - 1 }),
      fc.integer({ min: 0, max: 53 }).map((power) => 2 ** power),
    );
    fc.assert(
      fc.property(fc.nat(), fc.nat(), bound, (seed, counter, below) => {
        const drawn = drawBelow(drawKey(seed, 0, "x"), counter, below);
        return Number.isSafeInteger(drawn) && drawn >= 0 && drawn < below;
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test("below 1 there is only 0", () => {
    const key = drawKey(3, 4, "one");
    for (let counter = 0; counter < 100; counter++) expect(drawBelow(key, counter, 1)).toBe(0);
  });

  test("a small bound reaches both its ends", () => {
    const key = drawKey(3, 4, "ends");
    const drawn = new Set(Array.from({ length: 200 }, (_, index) => drawBelow(key, index, 6)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe("threshold", () => {
  test("0 never happens and 1 always does", () => {
    expect(threshold(0)).toBe(0);
    expect(threshold(1)).toBe(TWO_32);
    expect(threshold(0.5)).toBe(TWO_32 / 2);
  });

  test.each([0.01, 0.2, 0.5, 0.9])("%f happens that often", (probability) => {
    const key = drawKey(1, 1, "loss");
    let hits = 0;
    for (let counter = 0; counter < 20_000; counter++) {
      if (draw32(key, counter) < threshold(probability)) hits += 1;
    }
    const sigma = Math.sqrt(20_000 * probability * (1 - probability));
    expect(Math.abs(hits - 20_000 * probability)).toBeLessThan(4 * sigma);
  });
});

describe("KeyedEntropy", () => {
  const take = (entropy: KeyedEntropy, purpose: string, count: number) =>
    Array.from({ length: count }, () => entropy.below(purpose, 1_000_000));

  test("is the keyed draws of its device, in order", () => {
    const key = drawKey(7, 3, "devNonce");
    const expected = [0, 1, 2, 3].map((counter) => drawBelow(key, counter, 1_000_000));
    expect(take(new KeyedEntropy(7, 3), "devNonce", 4)).toEqual(expected);
  });

  test("a draw for one purpose changes no other purpose", () => {
    const undisturbed = take(new KeyedEntropy(7, 3), "a", 5);
    const entropy = new KeyedEntropy(7, 3);
    const mixed = undisturbed.map(() => {
      take(entropy, "b", 3);
      return entropy.below("a", 1_000_000);
    });
    expect(mixed).toEqual(undisturbed);
  });

  test("a bound that changes does not shift what follows", () => {
    const expected = take(new KeyedEntropy(7, 3), "a", 3);
    const entropy = new KeyedEntropy(7, 3);
    entropy.below("a", 2);
    entropy.below("a", TWO_53);
    expect(entropy.below("a", 1_000_000)).toBe(expected[2]);
  });

  test("other devices and other seeds draw otherwise", () => {
    const drawn = take(new KeyedEntropy(7, 3), "a", 4);
    expect(take(new KeyedEntropy(7, 4), "a", 4)).not.toEqual(drawn);
    expect(take(new KeyedEntropy(8, 3), "a", 4)).not.toEqual(drawn);
  });

  test("names that objects have are purposes like any other", () => {
    expect(take(new KeyedEntropy(7, 3), "constructor", 2)).not.toEqual(
      take(new KeyedEntropy(7, 3), "__proto__", 2),
    );
  });
});
