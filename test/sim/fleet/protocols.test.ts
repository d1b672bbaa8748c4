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

function scenarioIn(region: NonNullable<Scenario["region"]>): Scenario {
  return {
    name: "wires",
    region,
    devices: { count: 6, defaults: { uplinkIntervalS: 60 } },
    firmware: { sizeBytes: 2100 },
    campaign: { redundancyPercent: 100 },
    air: {
      classADutyCycle: false,
      multicastLoss: { model: "bernoulli", probability: 0.25 },
      unicastLoss: { model: "bernoulli", probability: 0.03 },
    },
    expect: {},
  };
}

/** Groups in ping slots, and devices in their own. */
function inClassB(): Scenario {
  const scenario = scenarioIn("EU868");
  const { devices, campaign, air } = scenario;
  const defaults = { ...devices.defaults, unicastClass: "B" as const };
  return {
    ...scenario,
    devices: { ...devices, defaults },
    campaign: { ...campaign, sessionClass: "B", pingPeriodicity: 2 },
    air: { ...air, beaconLoss: { model: "bernoulli", probability: 0.1 } },
  };
}

function runOver({ acknowledges, lay }: WireKind, scenario: Scenario) {
  const resolved = resolveScenario(scenario);
  const { regional, devices } = resolved;
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
  const fleet = new LiveFleet({
    ...parts,
    gpsAtStart: GPS_AT_START,
    gateways: 1,
    statsIntervalS: 30,
    isLenient: false,
    acknowledges,
    joinSpreadS: 10,
    emit: (_, event) => wires[0]?.event(event),
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
  const front = new GatewayFront(regional.region, fleet.engine, GPS_AT_START, (uplink) =>
    server.receive(uplink),
  );
  const wire = lay({
    regional,
    onUplink: (uplink) => front.receive(0, uplink),
    onAck: (downlinkId, isSent) => front.acknowledge(0, downlinkId, isSent),
    onCommand: (command) => fleet.command(0, command),
  });
  wires.push(wire);
  front.add({
    acknowledges,
    send: (downlink) => {
      wire.send(downlink);
      return true;
    },
  });
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
  return { lost: fleet.members.map((member) => fleet.airOf(member).lost), verdicts };
}

describe.each([
  ["EU868", scenarioIn("EU868")],
  ["US915", scenarioIn("US915")],
  ["class B", inClassB()],
] as const)("%s", (_, scenario) => {
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
  const [first, ...others] = WIRES.map((wire) => ({ wire, came: runOver(wire, scenario) }));

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
});
