import { describe, expect, test } from "vitest";
import { resolveAir } from "#scenarios/air-defaults.ts";
import { gatewayLocationOf } from "#sim/fleet/gateway-locations.ts";

const EARTH_M = 6_371_000;
const around = (latitude: number, longitude: number) => ({
  air: resolveAir({ location: { latitude, longitude, altitudeM: 20 } }),
});

describe("gateways of a live fleet", () => {
  test("are nowhere unless the scenario says where", () => {
    expect(gatewayLocationOf({ air: resolveAir({}) }, 1, 0)).toBeUndefined();
  });

  test.each([
    [60.17, 24.94],
    [0, 0],
    [-80, -180],
    [80, 180],
    [-33.9, 179.999],
  ])("lie within 5 km of %d, %d", (latitude, longitude) => {
    const scenario = around(latitude, longitude);
    for (let index = 0; index < 200; index++) {
      const at = gatewayLocationOf(scenario, 3, index);
      const north = ((at?.latitude ?? 0) - latitude) * (Math.PI / 180) * EARTH_M;
      const degrees = ((((at?.longitude ?? 0) - longitude + 540) % 360) - 180) % 360;
      const east = degrees * (Math.PI / 180) * EARTH_M * Math.cos((latitude * Math.PI) / 180);
      expect(Math.hypot(north, east)).toBeLessThan(5010);
      expect(Math.abs(at?.longitude ?? 999)).toBeLessThanOrEqual(180);
      expect(at?.altitudeM).toBe(20);
    }
  });

  test("lie where the radio places them, further cells to the east", () => {
    const gateways = [
      { xM: -11_132, yM: 0 },
      { xM: 0, yM: 11_132 },
    ];
    const radio = { pathLoss: "oulu", radiusM: 27_830, gateways } as const;
    const location = { latitude: 0, longitude: 179.5 };
    const air = resolveAir({ location, radio });
    const placesOf = [0, 1, 2, 3].map((index) => gatewayLocationOf({ air }, 1, index));
    expect(placesOf.map((at) => [at?.latitude, at?.longitude])).toEqual([
      [0, 179.4],
      [0.1, 179.5],
      [0, -179.6],
      [0.1, -179.5],
    ]);
  });

  test("have each their own place, by the seed", () => {
    const scenario = around(60.17, 24.94);
    const placesOf = (seed: number) =>
      Array.from({ length: 50 }, (_, index) => gatewayLocationOf(scenario, seed, index));
    expect(placesOf(1)).toEqual(placesOf(1));
    expect(placesOf(1)).not.toEqual(placesOf(2));
    expect(new Set(placesOf(1).map((place) => JSON.stringify(place))).size).toBe(50);
    expect(placesOf(1)[0]).toEqual({ latitude: 60.136143, longitude: 24.921219, altitudeM: 20 });
  });
});
