import { describe, expect, test } from "vitest";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { checkScenario } from "#tools/scenario/check.ts";

const least: Scenario = {
  name: "a",
  devices: { count: 10 },
  campaign: { redundancyPercent: 10 },
  expect: {},
};

function problemOf(change: Partial<Scenario>, imageBytes = 32_768, sentBytes?: number): string {
  const scenario = resolveScenario({ ...least, ...change });
  const problem = checkScenario(scenario, imageBytes, sentBytes);
  return problem === undefined ? "none" : `${problem.path.join(".")} ${problem.text}`;
}

describe("parts that do not fit each other", () => {
  test.each<{ change: Partial<Scenario>; imageBytes?: number; says: string }>([
    { change: {}, says: "none" },
    {
      change: { devices: { count: 10, defaults: { persona: "zephyr", packages: "v2" } } },
      says: "devices.defaults.persona is zephyr, which speaks v1 of the packages only, but packages is v2",
    },
    {
      change: {
        devices: {
          count: 10,
          mix: [
            { name: "a", share: 1, device: { persona: "st", packages: "v2" } },
            { name: "b", share: 1, device: { persona: "loramac-node", packages: "v2" } },
          ],
        },
      },
      says: "devices.mix.1.device.persona is loramac-node, which speaks v1 of the packages only, but packages is v2",
    },
    {
      change: { devices: { count: 10, defaults: { persona: "multitech-mdot", packages: "v2" } } },
      says: "none",
    },
    {
      change: { campaign: { redundancyPercent: 0, dr: 0, fragSize: 49 } },
      says: "campaign.fragSize is 49, but DR0 carries at most 48 bytes per fragment",
    },
    { change: { campaign: { redundancyPercent: 0, dr: 3, fragSize: 112 } }, says: "none" },
    {
      change: { campaign: { redundancyPercent: 0, dr: 3, fragSize: 113 } },
      says: "campaign.fragSize is 113, but DR3 carries at most 112 bytes per fragment",
    },
    {
      change: { devices: { count: 10, defaults: { bankBytes: 32_768 } } },
      says: 'firmware.sizeBytes is 32768, 32982 in whole fragments, but a bank of "device" holds 32768 bytes; raise bankBytes',
    },
    { change: { devices: { count: 10, defaults: { bankBytes: 32_769 } } }, says: "none" },
    {
      change: { campaign: { redundancyPercent: 0, fragSize: 1 } },
      says: "campaign.fragSize makes 32768 fragments of 1 bytes, but N has 14 bits: at most 16383",
    },
    {
      change: { campaign: { redundancyPercent: 900, fragSize: 16 } },
      says: "campaign.redundancyPercent makes 20480 fragments of 16 bytes, but N has 14 bits: at most 16383",
    },
    {
      change: { campaign: { redundancyPercent: 0, fragSize: 20, marginS: 60 } },
      says: "campaign.marginS is 60: 1639 fragments take 98400 s, but a class C session lasts at most 2^15 = 32768 s",
    },
    {
      change: { faults: [{ kind: "reset", share: 1, when: { atFragment: 153 } }] },
      says: "faults.0.when.atFragment is 153, but the session has 152 fragments",
    },
    { change: { faults: [{ kind: "reset", share: 1, when: { atFragment: 152 } }] }, says: "none" },
    {
      change: { air: { outages: [{ when: { atFragment: 153 }, forS: 60 }] } },
      says: "air.outages.0.when.atFragment is 153, but the session has 152 fragments",
    },
    {
      change: { air: { beaconOutages: [{ when: { atFragment: 153 }, forS: 60 }] } },
      says: "air.beaconOutages.0.when.atFragment is 153, but the session has 152 fragments",
    },
    {
      change: { server: { restart: { atFragment: 153, forS: 60 } } },
      says: "server.restart.atFragment is 153, but the session has 152 fragments",
    },
    { change: { server: { restart: { atFragment: 152, forS: 60 } } }, says: "none" },
    {
      change: {
        devices: {
          count: 10,
          mix: [
            { name: "a", share: 1, device: {} },
            { name: "b", share: 1, device: {} },
            { name: "a", share: 1, device: { packages: "v2" } },
          ],
        },
      },
      says: "devices.mix.2.name is a, like another kind",
    },
    {
      change: { expect: { updated: 11 } },
      says: "expect.updated is 11, but the fleet has 10 devices: it can never be met",
    },
    {
      change: { expect: { failed: "> 100%" } },
      says: 'expect.failed is "> 100%", but the fleet has 10 devices: it can never be met',
    },
    {
      change: { expect: { updated: "all", rolledBack: ">= 1" } },
      says: "expect wants at least 11 devices in disjoint states, but the fleet has 10",
    },
    {
      change: { expect: { updated: ">= 95%", failed: "<= 5%", serverComplete: "all" } },
      says: "none",
    },
  ])("$says", ({ change, imageBytes, says }) => {
    expect(problemOf(change, imageBytes)).toBe(says);
  });
});

test("the size that counts is that of the image given, not of the one in the file", () => {
  expect(problemOf({}, 262_144)).toContain("firmware.sizeBytes is 262144");
});

describe("a patch", () => {
  const firmware = { deltaPercent: 1 };

  test("is kept beside the image that it makes", () => {
    const devices = (bankBytes: number) => ({ count: 10, defaults: { bankBytes } });
    expect(problemOf({ firmware, devices: devices(36_864) }, 32_768, 4096)).toBe("none");
    expect(problemOf({ firmware, devices: devices(36_864) }, 32_768, 4097)).toBe(
      'firmware.sizeBytes is 32768, and a patch of 4097 is kept beside the image while it is made, but a bank of "device" holds 36864 bytes; raise bankBytes',
    );
  });

  test("is what the session carries", () => {
    const campaign = { redundancyPercent: 0, fragSize: 100 };
    const faults: Scenario["faults"] = [{ kind: "reset", share: 1, when: { atFragment: 12 } }];
    expect(problemOf({ firmware, campaign, faults }, 32_768, 1200)).toBe("none");
    expect(problemOf({ firmware, campaign, faults }, 32_768, 1100)).toBe(
      "faults.0.when.atFragment is 12, but the session has 11 fragments",
    );
  });

  test("has a base that can be wrong; an image has none", () => {
    expect(problemOf({ firmware: { defect: "wrongBase", deltaPercent: 1 } })).toBe("none");
    expect(problemOf({ firmware: { defect: "wrongBase" } })).toBe(
      "firmware.defect is wrongBase, but only a patch has a base; set firmware.deltaPercent",
    );
  });
});

describe("gateways", () => {
  const gateways = [0, 1].map((xM) => ({ xM, yM: 0 }));
  const radio = { pathLoss: "oulu", radiusM: 1000, gateways } as const;
  const outages = (gateway: number) => [{ gateway, when: { atS: 1 }, forS: 1 }];

  test("only those that are there go dark", () => {
    expect(problemOf({ air: { radio, outages: outages(1) } })).toBe("none");
    expect(problemOf({ air: { radio, outages: outages(2) } })).toBe(
      "air.outages.0.gateway is 2, but a cell has gateways 0 to 1; air.reach or air.radio.gateways makes more",
    );
    expect(problemOf({ air: { outages: outages(1) } })).toBe(
      "air.outages.0.gateway is 1, but a cell has gateway 0 alone; air.reach or air.radio.gateways makes more",
    );
  });

  test("are placed or counted, not both", () => {
    expect(problemOf({ air: { reach: 3, outages: outages(2) } })).toBe("none");
    expect(problemOf({ air: { radio, reach: 2 } })).toBe("none");
    expect(problemOf({ air: { radio, reach: 3 } })).toBe(
      "air.reach is 3, but air.radio.gateways says how many there are: 2; leave it out",
    );
  });

  test("their margins have to fit into a session", () => {
    const campaign = { redundancyPercent: 10, fragSize: 10 };
    expect(problemOf({ campaign })).toBe("none");
    expect(problemOf({ campaign, air: { radio } })).toMatch(
      /^campaign.marginS is 5: 3605 fragments take 36060 s/,
    );
  });
});
