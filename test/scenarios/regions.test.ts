import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import { REGIONS } from "#scenarios/regions/regions.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { signerOf } from "#tools/run/images.ts";
import { checkScenario } from "#tools/scenario/check.ts";

const NAMES = REGIONS.map(({ name }) => name);

const least: Scenario = {
  name: "region",
  seed: 3,
  devices: { count: 2, defaults: { uplinkIntervalS: 120 } },
  firmware: { sizeBytes: 3000 },
  campaign: { redundancyPercent: 100 },
  expect: {},
};

function statesOf(scenario: Scenario): readonly string[] {
  const devices: DeviceResult[] = [];
  const input = { scenario, seed: 3, onDevice: (device: DeviceResult) => devices.push(device) };
  runScenario(input, new NodeCrypto(), signerOf(3, "ed25519"));
  return devices.map(({ state }) => state);
}

function problemOf(change: Partial<Scenario>): string {
  const problem = checkScenario(resolveScenario({ ...least, ...change }), 3000);
  return problem === undefined ? "none" : `${problem.path.join(".")} ${problem.text}`;
}

const campaign = (change: Partial<Scenario["campaign"]>) => ({
  campaign: { redundancyPercent: 10, ...change },
});

describe("a whole campaign", () => {
  test.each(NAMES)("by the defaults of %s", (region) => {
    expect(problemOf({ region })).toBe("none");
    expect(statesOf({ ...least, region })).toEqual(["updated", "updated"]);
  });

  test.each(NAMES)("in the ping slots of class B, by the defaults of %s", (region) => {
    const campaign = { redundancyPercent: 100, sessionClass: "B", pingPeriodicity: 1 } as const;
    const air = { beaconLoss: { model: "bernoulli", probability: 0.1 } } as const;
    const scenario: Scenario = { ...least, region, campaign, air };
    expect(problemOf({ region, campaign })).toBe("none");
    expect(statesOf(scenario)).toEqual(["updated", "updated"]);
  });

  test.each<[string, Partial<Scenario>]>([
    ["LoRaWAN 1.1 in US915's sub-band 2", { region: "US915", subBand: 2 }],
    ["LoRaWAN 1.1 in CN470's sub-band 12", { region: "CN470", subBand: 12 }],
    ["AS923 under its dwell time", { region: "AS923-2", dwellTime: { downlink: true } }],
    ["AU915 under its dwell time", { region: "AU915", dwellTime: { uplink: true } }],
  ])("of %s", (_, change) => {
    const defaults = { uplinkIntervalS: 120, lorawan: "1.1" } as const;
    const scenario: Scenario = { ...least, ...change, devices: { count: 2, defaults } };
    expect(statesOf(scenario)).toEqual(["updated", "updated"]);
  });
});

describe("a region says what it allows", () => {
  test.each<[string, Partial<Scenario>]>([
    ["none", { region: "US915", subBand: 8 }],
    ["subBand is 9, but US915 has sub-bands 1 to 8", { region: "US915", subBand: 9 }],
    ["subBand is 1, but EU868 has none; US915, AU915 and CN470 have", { subBand: 1 }],
    [
      "campaign.dr is 5, but US915 sends downlinks at DR8 to DR13",
      { region: "US915", ...campaign({ dr: 5 }) },
    ],
    [
      "campaign.dr is 6, but IN865 sends downlinks at DR0 to DR5, DR7",
      { region: "IN865", ...campaign({ dr: 6 }) },
    ],
    [
      "campaign.dr is 1, but AS923-4 under its dwell time sends downlinks at DR2 to DR7",
      { region: "AS923-4", dwellTime: { downlink: true }, ...campaign({ dr: 1 }) },
    ],
    [
      "campaign.frequencyHz is 923400000, but AU915 sends downlinks from 923300000 to 927500000 Hz in steps of 600000",
      { region: "AU915", ...campaign({ frequencyHz: 923_400_000 }) },
    ],
    [
      "campaign.frequencyHz is 869525000, but IN865 sends downlinks from 865000000 to 867000000 Hz",
      { region: "IN865", ...campaign({ frequencyHz: 869_525_000 }) },
    ],
    [
      "devices.defaults.uplinkDr is 5, but US915 sends uplinks at DR0 to DR4",
      { region: "US915", devices: { count: 1, defaults: { uplinkDr: 5 } } },
    ],
    [
      "devices.defaults.uplinkDr is 6, but EU868 sends uplinks at DR0 to DR5",
      { devices: { count: 1, defaults: { uplinkDr: 6 } } },
    ],
    [
      "devices.mix.0.device.uplinkDr is 0, but AU915 under its dwell time sends uplinks at DR2 to DR6",
      {
        region: "AU915",
        dwellTime: { uplink: true },
        devices: { count: 1, mix: [{ name: "far", share: 1, device: { uplinkDr: 0 } }] },
      },
    ],
    [
      "dwellTime.downlink is true, but AU915 has no dwell time for downlinks; AS923-1, AS923-2, AS923-3 and AS923-4 have",
      { region: "AU915", dwellTime: { downlink: true } },
    ],
    [
      "campaign.fragSize is 51, but DR3 carries at most 50 bytes per fragment under the dwell time",
      { region: "AS923-1", dwellTime: { downlink: true }, ...campaign({ dr: 3, fragSize: 51 }) },
    ],
  ])("%s", (says, change) => {
    expect(problemOf(change)).toBe(says);
  });
});

/** N less three, as ChirpStack v4 computes it where every revision agrees. */
test.each([
  ["EU868", 0, 48],
  ["US915", 8, 50],
  ["US915", 9, 126],
  ["US915", 13, 239],
  ["AU915", 8, 50],
  ["AU915", 9, 126],
  ["AS923-1", 3, 112],
  ["AS923-2", 5, 239],
  ["IN865", 4, 239],
  ["KR920", 3, 112],
  ["CN470", 0, 48],
  ["RU864", 7, 239],
] as const)("%s DR%i: a fragment has at most %i bytes", (region, dr, size) => {
  const of = (fragSize: number) => problemOf({ region, ...campaign({ dr, fragSize }) });
  expect(of(size)).toBe("none");
  const says = `campaign.fragSize is ${size + 1}, but DR${dr} carries at most ${size} bytes per fragment`;
  expect(of(size + 1)).toBe(says);
});
