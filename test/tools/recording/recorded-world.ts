import type { CellInput } from "#sim/fleet/cell.ts";
import { Deployments } from "#sim/fleet/deployments.ts";
import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
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
import { OwnServer } from "../../sim/fleet/own-server.ts";

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
  const fleet = makeLiveFleet(spec, images, world, (gateway, event) => {
    recorder.event(fleet.engine.now, gateway, event);
    metrics?.event(event);
    toServer.push({ gateway, event });
  });
  const lag = new LagMeter();
  metrics?.watch(fleet, lag);
  const serverEngine = new Engine();
  const { crypto } = images;
  const own = new OwnServer({
    regional: resolved.regional,
    seed,
    gpsAtStart: GPS_AT_START,
    scheduler: serverEngine,
    crypto,
    command: (gateway, command) => toFleet.push({ gateway, command }),
  });
  const members = own.provision(fleet.members);
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
  const deployments = new Deployments(cell, members, own.server);

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
    for (const { gateway, event } of toServer.splice(0)) own.hear(gateway, event);
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
