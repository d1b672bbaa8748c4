import { describe, expect, test } from "vitest";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { CellGateways } from "#sim/fleet/cell-gateways.ts";
import { fragmentSpacingUs } from "#sim/fleet/gateway-air.ts";
import { unicastLossesOf } from "#sim/fleet/per-gateway.ts";
import { RadioLink } from "#sim/fleet/radio-link.ts";
import { Engine } from "#sim/kernel/engine.ts";

const TWO = [
  { xM: -100_000, yM: 0 },
  { xM: 1000, yM: 0 },
];

function scenarioOf(change: Partial<Scenario["air"]> = {}, campaign = {}): Scenario {
  const radio = { pathLoss: "oulu", radiusM: 1, sigmaDb: 0, gateways: TWO } as const;
  return {
    name: "two",
    devices: { count: 1 },
    campaign: { redundancyPercent: 0, ...campaign },
    air: { radio: { ...radio, gateways: [...TWO] }, ...change },
    expect: {},
  };
}

function bench(change: Partial<Scenario["air"]> = {}) {
  const scenario = resolveScenario(scenarioOf(change));
  const engine = new Engine();
  const sent: string[] = [];
  const onAir = (gateway: number, { frequencyHz }: AirDownlink) =>
    sent.push(`${gateway} ${frequencyHz} @${engine.now}`);
  const gateways = new CellGateways(scenario, 1, -1, engine, onAir);
  const { radio } = scenario.air;
  const links = (radio?.gateways ?? []).flatMap((_, gateway) =>
    radio === undefined ? [] : [new RadioLink(radio, scenario.regional.region, 1, 0, gateway)],
  );
  const unicastLosses = unicastLossesOf(scenario, 1, 0);
  return { engine, gateways, sent, member: { links, unicastLosses } };
}

const UPLINK: AirUplink = {
  phyPayload: new Uint8Array(20),
  dr: 5,
  frequencyHz: 868_100_000,
  startUs: 0,
  endUs: 60_000,
};

describe("an uplink", () => {
  test("is the gateway's that hears it best, not the first one's", () => {
    const { gateways, member } = bench();
    expect(gateways.begin(member, UPLINK, 0)(60_000)).toBe(1);
  });

  test("is nobody's when that one is out and the other too far", () => {
    const { gateways, member } = bench({ outages: [{ when: { atS: 0 }, forS: 10, gateway: 1 }] });
    expect(gateways.begin(member, UPLINK, 0)(60_000)).toBeUndefined();
  });

  test("is heard by a gateway while another one sends", () => {
    const { gateways, member } = bench();
    const flight = gateways.begin(member, UPLINK, 0);
    const timing = { type: "immediately" } as const;
    const request = { phyPayload: new Uint8Array(30), dr: 5, frequencyHz: 869_525_000, timing };
    gateways.transmit({ ...request, gateway: 0 }, () => {});
    expect(flight(60_000)).toBe(1);
    gateways.transmit({ ...request, gateway: 1 }, () => {});
    expect(flight(60_000)).toBeUndefined();
  });
});

test("an uplink that one gateway loses is the other one's, or nobody's", () => {
  const unicastLoss = { model: "bernoulli", probability: 0.5 } as const;
  const scenario = resolveScenario({ ...scenarioOf(), air: { reach: 2, unicastLoss } });
  const gateways = new CellGateways(scenario, 1, -1, new Engine(), () => {});
  const member = { links: [], unicastLosses: unicastLossesOf(scenario, 1, 0) };
  const takers = Array.from({ length: 40 }, (_, frame) =>
    gateways.begin(member, UPLINK, frame)(60_000),
  );
  expect(new Set(takers)).toEqual(new Set([0, 1, undefined]));
});

test("each gateway has a transmitter of its own", () => {
  const { engine, gateways, sent } = bench();
  const timing = { type: "immediately" } as const;
  const request = { phyPayload: new Uint8Array(30), dr: 5, frequencyHz: 869_525_000, timing };
  for (const gateway of [0, 1]) gateways.transmit({ ...request, gateway }, () => {});
  engine.run(Number.MAX_SAFE_INTEGER);
  const times = sent.map((text) => text.split("@")[1]);
  expect(sent).toHaveLength(2);
  expect(times[0]).toBe(times[1]);
});

test("an outage is of one gateway, or of all", () => {
  const one = bench({ outages: [{ when: { atS: 0 }, forS: 10, gateway: 1 }] }).gateways;
  expect([one.isOut(0, 5e6), one.isOut(1, 5e6), one.areAllOut(5e6)]).toEqual([false, true, false]);
  const all = bench({ outages: [{ when: { atS: 0 }, forS: 10 }] }).gateways;
  expect(all.areAllOut(5e6)).toBe(true);
  expect(all.areAllOut(11e6)).toBe(false);
});

test("what a gateway loses is not what the other loses", () => {
  const { gateways } = bench({ sharedLoss: { model: "bernoulli", probability: 0.5 } });
  const lost = [0, 1].map((gateway) =>
    Array.from({ length: 64 }, () => gateways.losesForAll(gateway, 0)),
  );
  expect(lost[0]).not.toEqual(lost[1]);
});

test.each([
  ["one after the other: a margin each", "delay", 10],
  ["at the same time: two margins", "gpsTime", 10],
] as const)("%s", (_, scheduling, seconds) => {
  const { campaign, regional } = resolveScenario(
    scenarioOf({}, { scheduling, dutyCyclePercent: 100 }),
  );
  expect(fragmentSpacingUs(regional.region, campaign)).toBe(seconds * 1e6);
});
