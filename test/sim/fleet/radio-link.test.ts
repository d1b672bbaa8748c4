import { describe, expect, test } from "vitest";
import type { ResolvedRadio } from "#scenarios/air-defaults.ts";
import { EU868 } from "#scenarios/regions/eu868.ts";
import { RadioLink } from "#sim/fleet/radio-link.ts";

const RADIO: ResolvedRadio = {
  pathLoss: "oulu",
  radiusM: 5000,
  shadowing: "frame",
  gateways: [{ xM: 0, yM: 0 }],
  gatewayDbm: 27,
  deviceDbm: 14,
  capture: "6dB",
  demodulators: 8,
};
const DR5 = {
  phyPayload: new Uint8Array(0),
  dr: 5,
  frequencyHz: 869_525_000,
  startUs: 0,
  endUs: 1,
};
const FRAMES = 4000;

const heardShare = (link: RadioLink, dr = 5) => {
  let heard = 0;
  for (let frame = 0; frame < FRAMES; frame++) {
    if (link.hears({ ...DR5, dr }, "multicast", frame)) heard += 1;
  }
  return heard / FRAMES;
};

/** Of a normal deviate; by its definition as an integral, in steps. */
function normalCdf(z: number): number {
  let sum = 0;
  for (let x = -8; x < z; x += 0.001) sum += Math.exp((-x * x) / 2) * 0.001;
  return sum / Math.sqrt(2 * Math.PI);
}

test("a quarter of the devices is within half the radius", () => {
  const near = Array.from({ length: 4000 }, (_, id) => new RadioLink(RADIO, EU868, 1, id)).filter(
    ({ meanLossDb }) => meanLossDb < 126.95 + 23.2 * Math.log10(2.5),
  );
  expect(near.length / 4000).toBeCloseTo(0.25, 1);
});

describe("with a spread of its own in every frame", () => {
  test.each([1, 2, 3, 4, 5])("device %i hears as often as the normal distribution says", (id) => {
    const link = new RadioLink(RADIO, EU868, 1, id);
    const marginDb = 27 - link.meanLossDb + 124;
    expect(Math.abs(heardShare(link) - normalCdf(marginDb / 7.8))).toBeLessThan(0.02);
  });

  test("a slower data rate is heard more often", () => {
    const link = new RadioLink({ ...RADIO, radiusM: 20_000 }, EU868, 1, 3);
    expect(heardShare(link, 0)).toBeGreaterThan(heardShare(link, 5));
  });
});

test("with one spread for a device it hears every frame or none", () => {
  const shares = Array.from({ length: 50 }, (_, id) =>
    heardShare(new RadioLink({ ...RADIO, radiusM: 20_000, shadowing: "device" }, EU868, 1, id)),
  );
  expect(new Set(shares)).toEqual(new Set([0, 1]));
});

test("an uplink has the device's power less the loss, and what it is made of", () => {
  const link = new RadioLink({ ...RADIO, sigmaDb: 0 }, EU868, 1, 1);
  expect(link.signalOf({ ...DR5, dr: 2, startUs: 5, endUs: 9 }, 0)).toEqual({
    frequencyHz: 869_525_000,
    sf: 10,
    bandwidthHz: 125_000,
    dbm: 14 - link.meanLossDb,
    startUs: 5,
    endUs: 9,
  });
});

test("FSK is always heard, and not looked at by the gateway's model", () => {
  const link = new RadioLink({ ...RADIO, radiusM: 100_000 }, EU868, 1, 1);
  expect(link.hears({ ...DR5, dr: 7 }, "unicast", 0)).toBe(true);
  expect(link.signalOf({ ...DR5, dr: 7 }, 0)).toBeUndefined();
});
