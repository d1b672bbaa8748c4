import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { DeviceSpec } from "#scenarios/device-schema.ts";
import type { LorawanRevision } from "#scenarios/lorawan.ts";
import type { Scenario } from "#scenarios/schema.ts";
import type { CellInput } from "#sim/fleet/cell.ts";
import { Deployments } from "#sim/fleet/deployments.ts";
import { makeFirmware } from "#sim/fleet/firmware.ts";
import { LiveFleet } from "#sim/fleet/live-fleet.ts";
import { type DeviceResult, resultOf } from "#sim/fleet/result.ts";
import { fleetImages, kindOf } from "#sim/fleet/roster.ts";
import { runScenario } from "#sim/fleet/run.ts";
import type { CellSurvey, DeviceFrames } from "#sim/fleet/survey.ts";
import type { GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { signerOf } from "#tools/run/images.ts";
import { OwnServer } from "./own-server.ts";

const SEED = 3;
const GPS_AT_START = 1_400_000_000;
const END_US = 20_000 * 1e6;
const crypto = new NodeCrypto();
const signer = signerOf(SEED, "ed25519");

function scenarioOf(air: Scenario["air"] = {}): Scenario {
  return {
    name: "live",
    devices: { count: 6, defaults: { uplinkIntervalS: 60 } },
    firmware: { sizeBytes: 2100 },
    campaign: { redundancyPercent: 100 },
    air: { classADutyCycle: false, ...air },
    expect: {},
  };
}

/** A live fleet in virtual time: our own server, which hears of it only what its gateways say. */
function world(scenario: Scenario, gateways = 1) {
  const resolved = resolveScenario(scenario);
  const firmware = makeFirmware(resolved.firmware, SEED, signer, crypto, undefined);
  const images = fleetImages(firmware, crypto);
  const { count } = resolved.devices;
  const events: { readonly gateway: number; readonly event: GatewayEvent }[] = [];
  const parts = {
    scenario: resolved,
    seed: SEED,
    members: Array.from({ length: count }, (_, id) => ({
      id,
      kind: kindOf(resolved.devices, SEED, id),
    })),
    firmware,
    factoryImage: images.factory,
    updateHash: images.updateHash,
    crypto,
  };
  const fleet = new LiveFleet({
    ...parts,
    gpsAtStart: GPS_AT_START,
    gateways,
    statsIntervalS: 30,
    isLenient: false,
    acknowledges: "booked",
    joinSpreadS: 10,
    isSurveyed: true,
    emit: (gateway, event) => {
      events.push({ gateway, event });
      own.hear(gateway, event);
    },
  });
  const own = new OwnServer({
    regional: resolved.regional,
    seed: SEED,
    gpsAtStart: GPS_AT_START,
    scheduler: fleet.engine,
    crypto,
    command: (gateway, command) => fleet.command(gateway, command),
  });
  const members = own.provision(fleet.members);
  const cell: CellInput = { ...parts, index: 0, isSurveyed: false, eventsMax: END_US };
  const deployments = new Deployments(cell, members, own.server);
  const run = (): readonly DeviceResult[] => {
    fleet.start();
    deployments.start();
    while (!deployments.settled && fleet.engine.now < END_US) {
      fleet.engine.advance(fleet.engine.now + 1e6);
    }
    return members.map((member) =>
      resultOf(member, { kind: member.kind.name, cell: 0 }, deployments.viewOf(member)),
    );
  };
  return { fleet, events, run };
}

/** Numbers of those that are set. */
const bitsOf = (bytes: Uint8Array) =>
  Array.from({ length: 8 * bytes.length }, (_, at) => at).filter(
    (at) => ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1,
  );
const stateOf = ({ state }: DeviceResult) => state;

describe("a fleet whose server is behind its gateways", () => {
  test("joins, is updated and says so to the server", () => {
    const results = world(scenarioOf()).run();
    expect(results.map(stateOf)).toEqual(Array.from({ length: 6 }, () => "updated"));
    expect(results.every(({ serverComplete }) => serverComplete)).toBe(true);
  });

  test.each<[lorawan: LorawanRevision, rest: Partial<DeviceSpec>]>([
    ["1.0.2", { activatedBy: "abp" }],
    ["1.0.3", { activatedBy: "abp", unicastClass: "C" }],
    ["1.0.4", { adr: true, asksEvery: { ack: 2, linkCheck: 3, deviceTime: 2 } }],
    ["1.1", { activatedBy: "abp", packages: "v2" }],
    ["1.1", { unicastClass: "C", packages: "v2", adr: true }],
    ["1.0.4", { unicastClass: "B", pingPeriodicity: 2 }],
    ["1.1", { unicastClass: "B", activatedBy: "abp", packages: "v2" }],
  ])("is updated when its devices are %s, %o", (lorawan, rest) => {
    const scenario = scenarioOf();
    const defaults = { ...scenario.devices?.defaults, ...rest, lorawan };
    const { fleet, run } = world({ ...scenario, devices: { count: 6, defaults } });
    expect(run().map(stateOf)).toEqual(Array.from({ length: 6 }, () => "updated"));
    const timelines = fleet.members.map(({ node }) => node.timeline.map(({ text }) => text).join());
    const isTold = rest.asksEvery !== undefined;
    for (const timeline of timelines) expect(timeline.includes("network time")).toBe(isTold);
  });

  test("hears groups in the ping slots of class B, each frame at its GPS time", () => {
    const campaign = { redundancyPercent: 100, sessionClass: "B", pingPeriodicity: 1 } as const;
    const beaconLoss = { model: "bernoulli", probability: 0.3 } as const;
    const { fleet, run } = world({ ...scenarioOf({ beaconLoss }), campaign });
    const results = run();
    expect(results.map(stateOf)).toEqual(Array.from({ length: 6 }, () => "updated"));
    const log = fleet.members.flatMap(({ node }) => node.timeline.map(({ text }) => text));
    expect(log).toContain("class B session of group 0 started");
    for (const member of fleet.members) expect(fleet.airOf(member).missed).toEqual([]);
  });

  test("hears no ping slot of a gateway without beacons", () => {
    const campaign = { redundancyPercent: 100, sessionClass: "B", pingPeriodicity: 1 } as const;
    const beaconOutages = [{ when: { atS: 0 }, forS: 50_000 }];
    const { run } = world({ ...scenarioOf({ beaconOutages }), campaign });
    const results = run();
    expect(results.map(({ fragments }) => fragments.received)).toEqual(Array(6).fill(0));
  });

  test("loses the very fragments that it loses in a run", () => {
    const scenario = scenarioOf({ multicastLoss: { model: "bernoulli", probability: 0.25 } });
    const simulated: DeviceResult[] = [];
    const surveys: (CellSurvey | undefined)[] = [];
    runScenario(
      {
        ...{ scenario, seed: SEED, isSurveyed: true },
        onDevice: (device) => simulated.push(device),
        onCell: ({ survey }) => surveys.push(survey),
      },
      crypto,
      signer,
    );
    const { fleet, run } = world(scenario);
    const live = run();
    const seen = (survey: CellSurvey | undefined) => [survey?.devices, survey?.losses];
    expect([fleet.survey()].map(seen)).toEqual(surveys.map(seen));
    const fragments = (result: DeviceResult) => [result.id, result.fragments];
    expect(live.map(fragments)).toEqual(simulated.map(fragments));
    expect(live.some(({ fragments: { lost } }) => lost > 0)).toBe(true);
  });

  test("has on record which frames the air lost to whom, and which a device missed by itself", () => {
    const multicastLoss = { model: "bernoulli", probability: 0.25 } as const;
    const { fleet, run } = world(scenarioOf({ multicastLoss }));
    run();
    const nbFrames = 2 * Math.ceil(2100 / 239);
    for (const member of fleet.members) {
      const { lost, missed } = fleet.airOf(member);
      const drawn = Array.from({ length: nbFrames }, (_, fCnt) => fCnt);
      expect(lost).toEqual(drawn.filter((fCnt) => member.multicastLoss.lost(fCnt)));
      expect(missed.filter((fCnt) => lost.includes(fCnt))).toEqual([]);
    }
  });

  test("has no record of frames for a group that a device is not in", () => {
    const { fleet } = world(scenarioOf());
    fleet.start();
    fleet.engine.advance(60e6);
    const multicast = Uint8Array.of(0x60, 1, 2, 3, 4, 0, 0, 0, 1, 9, 9, 9, 9);
    const rate = { sf: 7, bandwidthHz: 125_000 };
    const timing = { type: "immediately" } as const;
    const item = { phyPayload: multicast, frequencyHz: 869_525_000, rate, timing };
    fleet.command(0, { downlinkId: 1, items: [item] });
    fleet.engine.advance(70e6);
    for (const member of fleet.members) {
      expect(fleet.airOf(member)).toEqual({ lost: [], missed: [] });
    }
  });

  test("hears each gateway for itself: a device is in the reach of one", () => {
    const { fleet, events } = world(scenarioOf(), 2);
    fleet.start();
    fleet.engine.advance(60e6);
    const uplinks = events.filter(({ event }) => event.type === "uplink");
    expect(new Set(uplinks.map(({ gateway }) => gateway))).toEqual(new Set([0, 1]));
    expect(events.slice(0, 2)).toMatchObject([
      { gateway: 0, event: { type: "stats" } },
      { gateway: 1, event: { type: "stats" } },
    ]);
  });

  test("has gateways in whole cells", () => {
    expect(() => world(scenarioOf({ reach: 2 }), 3)).toThrow(RangeError);
  });

  test("is silent while its gateway is dark", () => {
    const outages = [{ when: { atS: 0 }, forS: 100 }];
    const { fleet, events } = world(scenarioOf({ outages }));
    fleet.start();
    fleet.engine.advance(99e6);
    expect(events.filter(({ event }) => event.type === "uplink")).toEqual([]);
    fleet.engine.advance(400e6);
    expect(fleet.members.every(({ node }) => node.isJoined)).toBe(true);
  });

  test("counts what was on the air for the group", () => {
    const { fleet, run } = world(scenarioOf());
    run();
    const { allS, multicastS } = fleet.airtime;
    expect(multicastS).toBeGreaterThan(0);
    expect(allS).toBeGreaterThan(multicastS);
    expect(fleet.uplinks).toBeGreaterThan(12);
    expect(fleet.downlinks).toBeGreaterThan(12);
    expect(fleet.unicast.taken).toBeGreaterThan(12);
    expect(fleet.unicast.refused).toBe(0);
  });
});

describe("a device that three gateways hear", () => {
  const THREE = { reach: 3 } as const;
  /** Copies of each frame. */
  const copiesIn = ({ events }: ReturnType<typeof world>) => {
    const copies = new Map<
      string,
      { gateway: number; event: GatewayEvent & { type: "uplink" } }[]
    >();
    for (const { gateway, event } of events) {
      if (event.type !== "uplink") continue;
      const frame = event.phyPayload.join();
      copies.set(frame, [...(copies.get(frame) ?? []), { gateway, event }]);
    }
    return copies;
  };

  test("is reported by each, with its own counter and signal", () => {
    const one = world(scenarioOf(THREE), 6);
    one.fleet.start();
    one.fleet.engine.advance(60e6);
    const copies = copiesIn(one);
    expect(copies.size).toBe(one.fleet.uplinks);
    for (const own of copies.values()) {
      const cell = Math.floor((own[0]?.gateway ?? 0) / 3);
      // One that was sending has not heard it.
      expect(own.every(({ gateway }) => Math.floor(gateway / 3) === cell)).toBe(true);
      expect(new Set(own.map(({ event }) => event.gpsUs)).size).toBe(1);
      expect(new Set(own.map(({ event }) => event.counterUs)).size).toBe(own.length);
    }
    const count = [...copies.values()].flat().length;
    expect(count).toBeGreaterThan(2.5 * copies.size);
    const [some = []] = copies.values();
    expect(new Set(some.map(({ event }) => event.rssiDbm)).size).toBe(3);
  });

  test("is lost to each by a draw of its own", () => {
    const one = world(
      scenarioOf({ ...THREE, unicastLoss: { model: "bernoulli", probability: 0.5 } }),
      3,
    );
    one.fleet.start();
    one.fleet.engine.advance(600e6);
    const copies = copiesIn(one);
    const heardBy = new Set([...copies.values()].map((own) => own.map((it) => it.gateway).join()));
    expect(heardBy).toEqual(new Set(["0", "1", "2", "0,1", "0,2", "1,2", "0,1,2"]));
  });

  test("loses a fragment when all of them lose it, and only then", () => {
    const sharedLoss = { model: "bernoulli", probability: 0.5 } as const;
    const { fleet, run } = world(scenarioOf({ ...THREE, sharedLoss }), 3);
    const results = run();
    expect(results.map(stateOf)).toEqual(Array.from({ length: 6 }, () => "updated"));
    const frames = 2 * Math.ceil(2100 / 239);
    for (const [id, member] of fleet.members.entries()) {
      const { lost } = fleet.airOf(member);
      expect(lost.length).toBeLessThan(frames / 3);
      expect(results[id]?.fragments.lost).toBeLessThanOrEqual(lost.length);
    }
    const { devices, losses } = fleet.survey() ?? { devices: [] };
    const lostOf = ({ lost }: DeviceFrames) => bitsOf(lost).length;
    expect(losses).toBe(devices.reduce((sum, one) => sum + lostOf(one), 0));
    expect(devices.map(lostOf)).toEqual(results.map(({ fragments }) => fragments.lost));
    for (const { heard, lost } of devices) {
      expect(bitsOf(heard).filter((at) => bitsOf(lost).includes(at))).toEqual([]);
    }
  });

  test("goes on when one of them is dark, and is cut off when all are", () => {
    const dark = (outage: object) => {
      const outages = [{ when: { atFragment: 3 }, forS: 1e5, ...outage }];
      return world(scenarioOf({ ...THREE, outages }), 3)
        .run()
        .map(stateOf);
    };
    expect(new Set(dark({ gateway: 1 }))).toEqual(new Set(["updated"]));
    expect(new Set(dark({}))).toEqual(new Set(["failed"]));
  });
});
