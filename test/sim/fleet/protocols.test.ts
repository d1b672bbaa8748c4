import { describe, expect, test } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { Deployments } from "#sim/fleet/deployments.ts";
import { makeFirmware } from "#sim/fleet/firmware.ts";
import { LiveFleet } from "#sim/fleet/live-fleet.ts";
import { resultOf } from "#sim/fleet/result.ts";
import { fleetImages, kindOf } from "#sim/fleet/roster.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { GatewayFront } from "#sim/server/gateway-front.ts";
import { NetworkServer } from "#sim/server/network-server.ts";
import { signerOf } from "#tools/run/images.ts";
import { WIRES, type Wire, type WireKind } from "./wires.ts";

/** The same fleet behind our own server, with the bytes of a gateway protocol between the two. */

const SEED = 3;
const GPS_AT_START = 1_400_000_000;
const END_US = 20_000 * 1e6;
const crypto = new NodeCrypto();
const signer = signerOf(SEED, "ed25519");

type RegionName = NonNullable<Scenario["region"]>;

const BERNOULLI = { model: "bernoulli", probability: 0.2 } as const;
/** Each loses frames for everybody, and others than the next. */
const THREE: Scenario["air"] = { reach: 3, sharedLoss: BERNOULLI };
/** Some devices are between the two, some near one of them alone. */
const PLACED: Scenario["air"] = {
  radio: {
    pathLoss: "oulu",
    radiusM: 7000,
    gatewayDbm: 22,
    sigmaDb: 3,
    gateways: [
      { xM: -4000, yM: 0 },
      { xM: 4000, yM: 0 },
    ],
  },
};

function scenarioIn(region: RegionName, air: Scenario["air"]): Scenario {
  return {
    name: "wires",
    region,
    devices: { count: 6, defaults: { uplinkIntervalS: 60 } },
    firmware: { sizeBytes: 2100 },
    campaign: { redundancyPercent: 100 },
    air: {
      ...air,
      classADutyCycle: false,
      multicastLoss: { model: "bernoulli", probability: 0.25 },
      unicastLoss: { model: "bernoulli", probability: 0.03 },
    },
    expect: {},
  };
}

/** Groups in ping slots, and devices in their own. */
function inClassB(): Scenario {
  return {
    ...scenarioIn("EU868", { beaconLoss: { model: "bernoulli", probability: 0.1 } }),
    devices: { count: 6, defaults: { uplinkIntervalS: 60, unicastClass: "B" } },
    campaign: { redundancyPercent: 100, sessionClass: "B", pingPeriodicity: 2 },
  };
}

function runOver({ acknowledges, lay }: WireKind, scenario: Scenario) {
  const resolved = resolveScenario(scenario);
  const { regional, devices, campaign } = resolved;
  const firmware = makeFirmware(resolved.firmware, SEED, signer, crypto, undefined);
  const images = fleetImages(firmware, crypto);
  const parts = {
    scenario: resolved,
    seed: SEED,
    members: Array.from({ length: devices.count }, (_, id) => ({
      id,
      kind: kindOf(devices, SEED, id),
    })),
    firmware,
    factoryImage: images.factory,
    updateHash: images.updateHash,
    crypto,
  };
  const wires: Wire[] = [];
  let copies = 0;
  const taken: string[] = [];
  const takers = new Set<number>();
  const fleet = new LiveFleet({
    ...parts,
    gpsAtStart: GPS_AT_START,
    gateways: campaign.gateways,
    statsIntervalS: 30,
    isLenient: false,
    acknowledges,
    joinSpreadS: 10,
    emit: (gateway, event) => {
      if (event.type === "uplink") copies += 1;
      wires[gateway]?.event(event);
    },
  });
  const server = new NetworkServer(
    { netId: 1, gpsAtStart: GPS_AT_START, regional },
    {
      scheduler: fleet.engine,
      crypto,
      entropy: new KeyedEntropy(SEED, -1),
      transmit: (request, ack) => front.transmit(request, ack),
    },
  );
  const front = new GatewayFront(regional.region, fleet.engine, GPS_AT_START, (uplink) => {
    taken.push(`${uplink.phyPayload.join()} at ${uplink.endUs}`);
    takers.add(uplink.gateway ?? 0);
    server.receive(uplink);
  });
  for (let number = 0; number < campaign.gateways; number++) {
    const wire = lay({
      regional,
      onUplink: (uplink) => front.receive(number, uplink),
      onAck: (downlinkId, isSent) => front.acknowledge(number, downlinkId, isSent),
      onCommand: (command) => fleet.command(number, command),
    });
    wires.push(wire);
    front.add({
      acknowledges,
      send: (downlink) => {
        wire.send(downlink);
        return true;
      },
    });
  }
  front.multicastGateways = wires.map((_, number) => number);
  const members = fleet.members.map((member) => ({
    ...member,
    serverDevice: server.provision(member.serverDevice.provisioned),
  }));
  const cell = { ...parts, index: 0, eventsMax: END_US };
  const deployments = new Deployments(cell, members, server);
  fleet.start();
  deployments.start();
  while (!deployments.settled && fleet.engine.now < END_US) {
    fleet.engine.advance(fleet.engine.now + 1e6);
  }
  const verdicts = members.map((member) => {
    const view = deployments.viewOf(member);
    const { state, reason, fragments, serverComplete } = resultOf(
      member,
      { kind: member.kind.name, cell: 0 },
      view,
    );
    return { state, reason, fragments, serverComplete };
  });
  const came = { lost: fleet.members.map((member) => fleet.airOf(member).lost), verdicts };
  return { came, copies, taken, takers };
}

describe.each([
  ["EU868, one gateway", scenarioIn("EU868", {})],
  ["US915, one gateway", scenarioIn("US915", {})],
  ["EU868, three gateways in reach of all", scenarioIn("EU868", THREE)],
  ["EU868, two gateways with a place", scenarioIn("EU868", PLACED)],
  ["EU868, class B", inClassB()],
] as const)("%s", (_, scenario) => {
  const { gateways } = resolveScenario(scenario).campaign;
  const simulated: unknown[] = [];
  runScenario(
    {
      scenario,
      seed: SEED,
      onDevice: ({ state, fragments }) => simulated.push({ state, fragments }),
    },
    crypto,
    signer,
  );
  const [first, ...others] = WIRES.map((wire) => ({ wire, ...runOver(wire, scenario) }));

  test("something is lost, and everybody is updated", () => {
    expect(first?.came.lost.every((lost) => lost.length > 0)).toBe(true);
    expect(first?.came.verdicts.map(({ state }) => state)).toEqual(Array(6).fill("updated"));
  });

  test.each(others)(
    "$wire.name loses the same frames and comes to the same verdicts",
    ({ came }) => {
      expect(came).toEqual(first?.came);
    },
  );

  test("and so does a run without any gateway protocol", () => {
    const verdicts = first?.came.verdicts.map(({ state, fragments }) => ({ state, fragments }));
    expect(verdicts).toEqual(simulated);
  });

  test.each([first, ...others])("$wire.name: the server takes one copy of each uplink", (one) => {
    const { copies = 0, taken = [], takers } = one ?? {};
    expect(new Set(taken).size).toBe(taken.length);
    if (gateways === 1) expect(copies).toBe(taken.length);
    else expect(copies).toBeGreaterThan(1.1 * taken.length);
    expect(takers?.size).toBe(gateways);
  });
});
