import type { LoraRate } from "#hal/gateway-port.ts";
import type { DownlinkRequest } from "#sim/air/frames.ts";
import type { CellInput } from "#sim/fleet/cell.ts";
import { Deployments } from "#sim/fleet/deployments.ts";
import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { drawBelow, drawKey, KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { NetworkServer } from "#sim/server/network-server.ts";
import { LagMeter } from "#tools/fleet/lag.ts";
import {
  type LiveDeviceResult,
  liveResultOf,
  makeLiveFleet,
  makeLiveImages,
} from "#tools/fleet/live-world.ts";
import type { LiveMetrics } from "#tools/fleet/metrics.ts";
import { Recorder } from "#tools/recording/recorder.ts";
import { firmwareSizesOf } from "#tools/run/images.ts";
import { prepare } from "#tools/run/prepare.ts";
import { parseScenario } from "#tools/scenario/load.ts";

const GPS_AT_START = 1_400_000_000;
const END_US = 20_000 * 1e6;
/** The event loop of a busy machine. */
const PASS_MAX_US = 60_000;

export interface RecordedWorld {
  readonly text: string;
  readonly seed: number;
  readonly gateways?: number;
  /** Ctrl-C then. */
  readonly untilUs?: number;
  readonly metrics?: LiveMetrics;
}

/**
 * What a live run records: a fleet in virtual time whose clock jumps as a wall clock's does, behind
 * our own server with a clock of its own. What they say to each other is under way until the next
 * jump.
 */
export function recordWorld({
  text,
  seed,
  gateways = 1,
  untilUs = END_US,
  metrics,
}: RecordedWorld): {
  readonly lines: readonly string[];
  readonly results: readonly LiveDeviceResult[];
} {
  const loaded = parseScenario(text, "recorded.yaml");
  const scenario = { ...loaded.scenario, seed };
  const run = prepare({ ...loaded, scenario }, { firmwareSizesOf });
  const { resolved } = run;
  const spec = { scenario: resolved, seed, firmware: undefined };
  const images = makeLiveImages(spec);
  const { region } = resolved.regional;
  const world = {
    gpsAtStart: GPS_AT_START,
    gateways,
    statsIntervalS: 30,
    isLenient: false,
    acknowledges: "booked" as const,
    joinSpreadS: 10,
  };

  const lines: string[] = [];
  const { name } = resolved;
  const recorder = new Recorder(
    {
      version: "9.9.9",
      scenario: { name, sha256: loaded.sha256, text: loaded.text },
      seed,
      options: run.options,
    },
    (line) => lines.push(line),
  );
  recorder.begin(world, images.facts);

  const toServer: { readonly gateway: number; readonly event: GatewayEvent }[] = [];
  const toFleet: { readonly gateway: number; readonly command: DownlinkCommand }[] = [];
  const waiting = new Map<number, (isSent: boolean) => void>();
  const fleet = makeLiveFleet(spec, images, world, (gateway, event) => {
    recorder.event(fleet.engine.now, gateway, event);
    metrics?.event(event);
    toServer.push({ gateway, event });
  });
  const lag = new LagMeter();
  metrics?.watch(fleet, lag);
  const serverEngine = new Engine();
  const transmit = (request: DownlinkRequest, ack: (isSent: boolean) => void) => {
    const { phyPayload, frequencyHz, dr, timing, gateway = 0 } = request;
    const downlinkId = waiting.size;
    waiting.set(downlinkId, ack);
    const rate = region.downlinkRates[dr];
    const item = {
      phyPayload,
      frequencyHz,
      rate: rate?.modulation === "lora" ? rate : undefined,
      timing:
        timing.type === "at"
          ? ({ type: "gps", gpsUs: GPS_AT_START * 1e6 + timing.us } as const)
          : timing,
    };
    toFleet.push({ gateway, command: { downlinkId, items: [item] } });
  };
  const { crypto } = images;
  const server = new NetworkServer(
    { netId: 1, gpsAtStart: GPS_AT_START, regional: resolved.regional },
    { scheduler: serverEngine, crypto, entropy: new KeyedEntropy(seed, -1), transmit },
  );
  const members = fleet.members.map((member) => ({
    ...member,
    serverDevice: server.provision(member.serverDevice.provisioned),
  }));
  const cell: CellInput = {
    ...spec,
    members: fleet.members.map(({ node, kind }) => ({ id: node.id, kind })),
    firmware: images.firmware,
    factoryImage: images.images.factory,
    updateHash: images.images.updateHash,
    crypto,
    index: 0,
    isSurveyed: false,
    eventsMax: Number.POSITIVE_INFINITY,
  };
  const deployments = new Deployments(cell, members, server);

  const drOf = ({ sf }: LoraRate) =>
    region.uplinkRates.findIndex((one) => one?.modulation === "lora" && one.sf === sf);
  const hear = (gateway: number, event: GatewayEvent) => {
    if (event.type === "ack") waiting.get(event.downlinkId)?.(event.statuses.includes("ok"));
    if (event.type !== "uplink") return;
    const { phyPayload, frequencyHz, rate, gpsUs } = event;
    const endUs = gpsUs - GPS_AT_START * 1e6;
    server.receive({ gateway, phyPayload, frequencyHz, dr: drOf(rate), endUs });
  };

  const jumps = drawKey(seed, 0, "jumps");
  let jump = 0;
  const sync = () => {
    const us = fleet.engine.now + drawBelow(jumps, jump++, PASS_MAX_US);
    const { nextAt = us } = fleet.engine;
    if (nextAt < us) lag.add((us - nextAt) / 1000);
    fleet.engine.advance(us);
    serverEngine.advance(us);
  };
  sync();
  recorder.start(fleet.engine.now);
  fleet.start();
  deployments.start();
  while (!deployments.settled && fleet.engine.now < untilUs) {
    sync();
    for (const { gateway, event } of toServer.splice(0)) hear(gateway, event);
    for (const { gateway, command } of toFleet.splice(0)) {
      sync();
      recorder.command(fleet.engine.now, gateway, command);
      fleet.command(gateway, command);
    }
  }
  const results = members.map((member, id) =>
    liveResultOf(fleet, fleet.members[id] ?? member, deployments.viewOf(member)),
  );
  const at = fleet.engine.now;
  recorder.end({ at, interrupted: at >= untilUs, wallSeconds: at / 1e6, results });
  return { lines, results };
}
