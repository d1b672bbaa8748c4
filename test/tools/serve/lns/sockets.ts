import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { SystemEntropy } from "#hal/node/entropy.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { Scenario } from "#scenarios/schema.ts";
import { makeFirmware } from "#sim/fleet/firmware.ts";
import { LiveFleet } from "#sim/fleet/live-fleet.ts";
import { fleetImages, kindOf } from "#sim/fleet/roster.ts";
import type { GatewayLink, OpenGatewayLink } from "#tools/fleet/gateway-link.ts";
import { StationLink } from "#tools/fleet/station-link.ts";
import { UdpLink } from "#tools/fleet/udp-link.ts";
import { WallClock } from "#tools/fleet/wall-clock.ts";
import { readDeviceFile } from "#tools/provision/device-file.ts";
import { csvOf, deviceListOf } from "#tools/provision/device-list.ts";
import { gatewayIdOf } from "#tools/provision/names.ts";
import { signerOf } from "#tools/run/images.ts";
import { LnsWorld } from "#tools/serve/lns/lns-world.ts";

/** How much faster than time: a receive window is still 100 ms away. */
const SPEED = 10;
const SEED = 3;
const GPS_AT_START = 1_400_000_000;
const ANY_PORT = { host: "127.0.0.1", port: 0 };
const crypto = new NodeCrypto();

export type Protocol = "udp" | "station";

/** Our server on real sockets. */
export async function openLns(
  scenario: Scenario,
  { udp, station }: { readonly udp: boolean; readonly station: boolean },
  said: string[] = [],
): Promise<LnsWorld> {
  const resolved = resolveScenario(scenario);
  const folder = mkdtempSync(join(tmpdir(), "fuota-lns-"));
  const list = join(folder, "devices.csv");
  writeFileSync(list, [...csvOf(deviceListOf(resolved, SEED))].join(""));
  const devices = readDeviceFile(list);
  rmSync(folder, { recursive: true });
  return await LnsWorld.open({
    scenario: resolved,
    devices,
    image: firmwareOf(scenario).sent,
    uplinkIntervalS: Math.max(
      ...resolved.devices.kinds.map(({ device }) => device.uplinkIntervalS),
    ),
    sessionCnt: 0,
    asksQuestions: false,
    powerDbm: 14,
    crypto,
    entropy: new SystemEntropy(),
    say: (text) => said.push(text),
    time: { gpsAtStart: GPS_AT_START, ageMs: 0, speed: SPEED },
    udp: udp ? ANY_PORT : undefined,
    station: station ? ANY_PORT : undefined,
  });
}

function firmwareOf(scenario: Scenario) {
  const { firmware } = resolveScenario(scenario);
  return makeFirmware(firmware, SEED, signerOf(SEED, "ed25519"), crypto, undefined);
}

/** Simulated devices behind simulated gateways that speak to it. */
export class LiveDevices {
  readonly fleet: LiveFleet;
  readonly #clock: WallClock;
  readonly #link: GatewayLink;

  private constructor(fleet: LiveFleet, clock: WallClock, link: GatewayLink) {
    this.fleet = fleet;
    this.#clock = clock;
    this.#link = link;
  }

  static async open(
    scenario: Scenario,
    lns: LnsWorld,
    protocol: Protocol,
    gateways: number,
  ): Promise<LiveDevices> {
    const resolved = resolveScenario(scenario);
    const { devices } = resolved;
    const firmware = firmwareOf(scenario);
    const images = fleetImages(firmware, crypto);
    const links: GatewayLink[] = [];
    const fleet = new LiveFleet({
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
      gpsAtStart: GPS_AT_START,
      gateways,
      statsIntervalS: 30,
      isLenient: false,
      acknowledges: protocol === "udp" ? "booked" : "onAir",
      joinSpreadS: 5,
      emit: (gateway, event) => {
        for (const link of links) link.send(gateway, event);
      },
    });
    const clock = new WallClock(fleet.engine, lns.clock.ageUs / 1000, SPEED);
    const ids = Array.from({ length: gateways }, (_, index) => gatewayIdOf(index));
    const link = await openLink(lns, protocol)(ids, {
      onCommand: (gateway, command) => {
        clock.sync();
        fleet.command(gateway, command);
      },
      onOddity: () => {},
      onState: () => {},
    });
    links.push(link);
    return new LiveDevices(fleet, clock, link);
  }

  run(): Promise<never> {
    this.#clock.sync();
    this.fleet.start();
    return this.#clock.run();
  }

  async close(): Promise<void> {
    this.#clock.stop();
    await this.#link.close();
  }
}

function openLink(lns: LnsWorld, protocol: Protocol): OpenGatewayLink {
  const host = "127.0.0.1";
  if (protocol === "udp") {
    return (ids, events) => UdpLink.open({ host, port: lns.udpPort ?? 0 }, ids, events);
  }
  const server = { url: `ws://${host}:${lns.stationPort}` };
  return (ids, events) =>
    StationLink.open(
      ids.map(() => server),
      ids,
      events,
    );
}
