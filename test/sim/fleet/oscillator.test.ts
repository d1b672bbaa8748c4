import fc from "fast-check";
import { expect, test } from "vitest";
import { Oscillator } from "#sim/fleet/oscillator.ts";

const started = (driftPpm: number, at = 0) => {
  const oscillator = new Oscillator(driftPpm);
  oscillator.restart(at);
  return oscillator;
};

/** Thousandths of a ppm, as the fleet draws them. */
const drift = fc.integer({ min: -5_000_000, max: 5_000_000 }).map((steps) => steps / 1000);
const start = fc.integer({ min: 0, max: 2 ** 42 });
/** Up to 12 days, and up to 52 days. */
const uptime = fc.oneof(fc.nat({ max: 2 ** 40 }), fc.nat({ max: 2 ** 42 }));

test.each([
  [0, 10_000_000],
  [20, 10_000_200],
  [-20, 9_999_800],
  [5000, 10_050_000],
  [-5000, 9_950_000],
])("at %i ppm ten seconds of the world are %i µs, give or take one", (ppm, shown) => {
  const near = (value: number) => expect(Math.abs(value - shown)).toBeLessThanOrEqual(1);
  near(started(ppm).uptimeAt(10_000_000));
  near(started(ppm, 3_000_000).uptimeAt(13_000_000));
  near(started(ppm).elapsed(10_000_000));
  expect(Math.abs(started(ppm, 3_000_000).worldAt(shown) - 13_000_000)).toBeLessThanOrEqual(1);
});

test("a clock without drift is the world's", () => {
  for (const us of [0, 1, 999_999, 2 ** 45 + 1]) {
    expect(started(0, 17).uptimeAt(us + 17)).toBe(us);
    expect(started(0, 17).worldAt(us)).toBe(us + 17);
  }
});

test("every restart starts it at zero", () => {
  const oscillator = started(20, 1_000_000);
  oscillator.restart(5_000_000);
  expect(oscillator.uptimeAt(5_000_000)).toBe(0);
  expect(oscillator.worldAt(0)).toBe(5_000_000);
});

test("worldAt is the first moment at which the clock shows the uptime", () => {
  fc.assert(
    fc.property(drift, start, uptime, (ppm, at, local) => {
      const oscillator = started(ppm, at);
      const world = oscillator.worldAt(local);
      const isReached = oscillator.uptimeAt(world) >= local;
      return isReached && (local === 0 || oscillator.uptimeAt(world - 1) < local);
    }),
    { seed: 1, numRuns: 2000 },
  );
});

test("worldAt is not early where two roundings meet", () => {
  const oscillator = started(-2410.094, 1_002_673_395_430);
  const world = oscillator.worldAt(1_098_732_734_113);
  expect(oscillator.uptimeAt(world)).toBeGreaterThanOrEqual(1_098_732_734_113);
});

test("it never runs backwards, and a fast one may skip a microsecond but never two", () => {
  fc.assert(
    fc.property(drift, start, (ppm, span) => {
      const oscillator = started(ppm);
      const tick = oscillator.uptimeAt(span + 1) - oscillator.uptimeAt(span);
      return tick >= 0 && tick <= 2;
    }),
    { seed: 2, numRuns: 2000 },
  );
});
