import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { fragmentSpacingUs } from "#sim/fleet/gateway-air.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { type CellSummary, runScenario } from "#sim/fleet/run.ts";
import { frameLoss } from "#tools/plan/frame-loss.ts";
import { signerOf } from "#tools/run/images.ts";

const BETWEEN = [
  { xM: -100, yM: 0 },
  { xM: 100, yM: 0 },
];
/** Of 10 fragments. */
const FIRMWARE = { sizeBytes: 2100 };

/** Eight devices, near both gateways, that lose nothing unless `air` says so. */
function run(
  air: Partial<NonNullable<Scenario["air"]>> = {},
  campaign: Partial<Scenario["campaign"]> = {},
  gateways = BETWEEN,
) {
  const devices: DeviceResult[] = [];
  const cells: CellSummary[] = [];
  const radio = { pathLoss: "oulu", radiusM: 50, sigmaDb: 0, gateways } as const;
  const scenario: Scenario = {
    name: "a",
    devices: { count: 8, defaults: { uplinkDr: 4 } },
    firmware: FIRMWARE,
    campaign: { redundancyPercent: 100, ...campaign },
    air: { radio, ...air },
    expect: {},
  };
  const onDevice = (device: DeviceResult) => devices.push(device);
  const onCell = (cell: CellSummary) => cells.push(cell);
  runScenario({ scenario, seed: 1, onDevice, onCell }, new NodeCrypto(), signerOf(1, "ed25519"));
  const updated = devices.filter(({ state }) => state === "updated").length;
  return {
    scenario,
    updated,
    cells,
    devices,
    lost: devices.map(({ fragments }) => fragments.lost),
  };
}

const all = (count: number) => Array.from({ length: 8 }, () => count);

describe.each(["delay", "gpsTime"] as const)("two gateways (%s)", (scheduling) => {
  const campaign = { scheduling };

  test("bring a campaign to its end, and no frame counts twice", () => {
    const { updated, devices, lost } = run({}, campaign);
    expect(updated).toBe(8);
    expect(lost).toEqual(all(0));
    expect(new Set(devices.map(({ fragments }) => fragments.coded))).toEqual(new Set([0]));
  });

  test("a frame is lost when both lose it, for everybody", () => {
    const lost = [
      [1, 2, 3],
      [3, 4, 5],
    ];
    expect(run({ sharedLoss: { model: "trace", lost } }, campaign).lost).toEqual(all(1));
  });

  test("a frame that a device loses it loses through both", () => {
    const lost = [[1, 4], [2]];
    const air = { multicastLoss: { model: "trace", lost } } as const;
    expect(run(air, campaign).lost).toEqual([2, 1, 2, 1, 2, 1, 2, 1]);
    expect(run(air, campaign, [{ xM: 0, yM: 0 }]).lost).toEqual([2, 1, 2, 1, 2, 1, 2, 1]);
  });

  test("one that goes dark leaves the other", () => {
    const outage = { when: { atFragment: 2 }, forS: 1e6 };
    expect(run({ outages: [{ ...outage, gateway: 0 }] }, campaign)).toMatchObject({
      updated: 8,
      lost: all(0),
    });
    expect(run({ outages: [outage] }, campaign).updated).toBe(0);
  });

  test("one that is out of reach is of no help", () => {
    const apart = [
      { xM: 0, yM: 0 },
      { xM: 90_000, yM: 0 },
    ];
    const outages = (gateway: number) => [{ gateway, when: { atFragment: 2 }, forS: 1e6 }];
    expect(run({ outages: outages(1) }, campaign, apart).updated).toBe(8);
    expect(run({ outages: outages(0) }, campaign, apart).updated).toBe(0);
  });
});

test("what a plan reckons with is what is lost", () => {
  const { scenario, devices } = run(
    {
      sharedLoss: { model: "bernoulli", probability: 0.5 },
      multicastLoss: { model: "bernoulli", probability: 0.1 },
    },
    { redundancyPercent: 1000 },
  );
  const resolved = resolveScenario(scenario);
  const spacingUs = fragmentSpacingUs(resolved.regional.region, resolved.campaign);
  const sum = devices.reduce((total, { fragments }) => total + fragments.lost, 0);
  for (const { id, fragments } of devices) {
    const isLost = frameLoss(resolved, spacingUs, 1, 0, id);
    const { received, lost } = fragments;
    // until the block is complete, which takes a heard frame
    const frames = Array.from({ length: received + lost }, (_, counter) => isLost(counter));
    expect(frames.filter(Boolean), `device ${id}`).toHaveLength(lost);
    expect(frames.at(-1)).toBe(false);
  }
  expect(sum).toBeGreaterThan(8);
});

test("one gateway in the middle is what there is without a word", () => {
  const { cells } = run({}, {}, [{ xM: 0, yM: 0 }]);
  const radio = { pathLoss: "oulu", radiusM: 50, sigmaDb: 0 } as const;
  expect(run({ radio }).cells[0]?.traceHash).toBe(cells[0]?.traceHash);
});
