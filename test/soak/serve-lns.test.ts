import { expect, test } from "vitest";
import type { Scenario } from "#scenarios/schema.ts";
import { isComplete } from "#sim/lns/lns-device.ts";
import { lnsReportOf } from "#tools/serve/lns/report.ts";
import { runToEnd } from "#tools/serve/lns/run.ts";
import { LiveDevices, openLns, type Protocol } from "../tools/serve/lns/sockets.ts";

const FACTS = { version: "", scenario: "", interrupted: false, gateways: 1, sentBytes: 1500 };
const SCENARIO: Scenario = {
  name: "desk",
  devices: { count: 3, defaults: { uplinkIntervalS: 12 } },
  firmware: { sizeBytes: 1500 },
  campaign: { redundancyPercent: 100, marginS: 1, maxRetries: 1, dutyCyclePercent: 100 },
  air: { classADutyCycle: false, multicastLoss: { model: "bernoulli", probability: 0.2 } },
  expect: {},
};

/** On real time, ten times as fast: on a machine that is busy with something else, windows are missed. */
test.each<[Protocol, number]>([
  ["udp", 1],
  ["station", 2],
])("devices behind %s gateways (%i) are updated over real sockets", async (protocol, gateways) => {
  const said: string[] = [];
  const world = await openLns(
    SCENARIO,
    { udp: protocol === "udp", station: protocol === "station" },
    said,
  );
  const devices = await LiveDevices.open(SCENARIO, world, protocol, gateways);
  const { signal } = new AbortController();
  try {
    const hooks = { interrupt: signal, startAfterS: undefined, onProgress: () => {} };
    await Promise.race([runToEnd(world, hooks), devices.run()]);
  } finally {
    await devices.close();
    await world.close();
  }
  expect(world.gateways, said.join("\n")).toBe(gateways);
  expect(world.lns.devices.map(isComplete), said.join("\n")).toEqual([true, true, true]);
  const [first] = lnsReportOf(world.lns, FACTS).devices;
  const passed = first?.checks.filter(({ result }) => result === "pass").map(({ id }) => id);
  expect(passed).toEqual(expect.arrayContaining(["join-mic", "clock-request", "status", "back"]));
  expect(devices.fleet.members.map(({ node }) => node.updated)).toEqual([true, true, true]);
});
