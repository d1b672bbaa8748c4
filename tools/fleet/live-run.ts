import type { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import { hexOf } from "#sim/fleet/firmware.ts";
import type { LiveFleet, LiveFleetInput } from "#sim/fleet/live-fleet.ts";
import type { FleetNode } from "#sim/fleet/node.ts";
import { countsOf, type FleetProgress, progressOf } from "#sim/fleet/progress.ts";
import { campaignGroups, type FirmwareFacts } from "#sim/fleet/roster.ts";
import type { Member } from "#sim/fleet/spawn.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import { RefusedError } from "#tools/errors.ts";
import {
  type Provisioned,
  provisionChirpStack,
  STATS_INTERVAL_S,
} from "#tools/provision/chirpstack.ts";
import { gatewayIdOf } from "#tools/provision/names.ts";
import type { Recorder } from "#tools/recording/recorder.ts";
import type { ReportedCell } from "#tools/report/schema.ts";
import type { DeploymentRecord } from "./chirpstack-campaign.ts";
import type { Deployer } from "./deployer.ts";
import type { GatewayLink } from "./gateway-link.ts";
import type { GatewayWay } from "./gateway-options.ts";
import {
  type LiveDeviceResult,
  type LiveImages,
  type LiveSpec,
  liveCellOf,
  liveResultOf,
  makeLiveFleet,
  makeLiveImages,
  type Watching,
} from "./live-world.ts";
import type { LiveMetrics } from "./metrics.ts";
import { isSendable } from "./sendable.ts";
import { until, waitFor } from "./waiting.ts";
import { gpsNow, WallClock } from "./wall-clock.ts";

/** A ChirpStack, and who makes the deployments. */
export interface LiveServer {
  readonly api: ChirpStackConnection;
  readonly deployer: Deployer;
}

export interface LiveInput extends LiveSpec {
  /** Undefined: some other server, which knows the devices and makes its own campaign. */
  readonly server: LiveServer | undefined;
  /** Without one: how long to wait for that, from when the devices have joined. */
  readonly waitS: number;
  readonly way: GatewayWay;
  readonly gateways: number;
  readonly joinSpreadS: number;
  readonly isLenient: boolean;
  /** How often each group gets a deployment; 0: it joins and stays. */
  readonly deployments: number;
  /** How long to wait, behind the deployments, for devices that may still decide. */
  readonly settleMaxS: number;
  /** How long the fleet stays when there is no deployment. */
  readonly stayS: number;
  readonly watching?: Watching;
  /** With the fleet before it starts. */
  readonly onWorld?: (fleet: LiveFleet) => void;
  /** With the joined fleet, before any deployment. `sync` brings the world to the present. */
  readonly onJoined?: (
    fleet: LiveFleet,
    wait: (ms: number) => Promise<void>,
    sync: () => void,
  ) => Promise<void>;
  readonly interrupt: AbortSignal;
  /** Undefined: nothing is written down. */
  readonly recorder: Recorder | undefined;
  /** Undefined: nobody asks for them. */
  readonly metrics: LiveMetrics | undefined;
  /** A line for a person who watches. */
  readonly say: (text: string) => void;
  /** Undefined: nobody looks, and the time that it takes is saved. */
  readonly onProgress: ((progress: FleetProgress) => void) | undefined;
}

export interface LiveOutcome {
  readonly results: readonly LiveDeviceResult[];
  /** When the world began. */
  readonly gpsAtStart: GpsSeconds;
  /** What the deployments sent. */
  readonly sent: Uint8Array;
  readonly records: readonly DeploymentRecord[];
  readonly firmware: FirmwareFacts;
  readonly wallSeconds: number;
  readonly cell: ReportedCell;
  readonly survey: CellSurvey | undefined;
  readonly uplinks: number;
  readonly downlinks: number;
  readonly unicast: LiveFleet["unicast"];
  readonly oddities: readonly string[];
  readonly lag: WallClock["lag"];
  /** From the first request on, until the last device had joined and knew the time. */
  readonly joinSeconds: number;
}

const PROGRESS_MS = 1000;
/** A device that has not joined after so many of its intervals is left behind. */
const JOIN_INTERVALS_MAX = 10;

/** Runs a fleet against a ChirpStack v4 in real time: provision, join, one deployment a kind, settle. */
export async function runLive(input: LiveInput): Promise<LiveOutcome> {
  const { server, recorder } = input;
  const images = makeLiveImages(input);
  await server?.deployer.check();
  const provisioned = server && (await provision(input, server));
  const gatewayIds = Array.from({ length: input.gateways }, (_, index) => gatewayIdOf(index));
  const world = await openWorld(input, images, { gatewayIds });
  const { fleet, clock, link, oddities } = world;
  const startedMs = performance.now();
  input.onWorld?.(fleet);
  clock.sync();
  recorder?.start(fleet.engine.now);
  fleet.start();
  const { onProgress } = input;
  const shown = setInterval(() => {
    const { engine, members } = fleet;
    fleet.sample();
    onProgress?.(progressOf({ engine, counts: countsOf(fleet) }, [], 1, members.length));
  }, PROGRESS_MS);
  try {
    const campaign = runCampaign(input, world, provisioned, images.firmware.sent);
    const { records, joinSeconds } = await Promise.race([campaign, clock.run()]);
    const results = resultsOf(fleet, records);
    const wallSeconds = (performance.now() - startedMs) / 1000;
    const interrupted = input.interrupt.aborted;
    recorder?.end({ at: fleet.engine.now, interrupted, wallSeconds, results });
    return {
      results,
      gpsAtStart: world.gpsAtStart,
      sent: images.firmware.sent,
      records,
      firmware: images.facts,
      wallSeconds,
      cell: liveCellOf(fleet, wallSeconds),
      survey: fleet.survey(),
      uplinks: fleet.uplinks,
      downlinks: fleet.downlinks,
      unicast: fleet.unicast,
      oddities,
      lag: clock.lag,
      joinSeconds,
    };
  } catch (error) {
    if (!(error instanceof RefusedError)) recorder?.crashed(fleet.engine.now, error);
    throw error;
  } finally {
    clearInterval(shown);
    clock.stop();
    await link.close();
  }
}

/** Whatever came of it. */
function hasHadCampaign({ updated, bricked, isUndecided, observed }: FleetNode): boolean {
  const { blockState } = observed;
  const isOver = blockState === "complete" || blockState === "failed";
  return updated || bricked || (isOver && !isUndecided);
}

async function provision(
  { scenario, seed, gateways, say }: LiveInput,
  { api, deployer }: LiveServer,
): Promise<Provisioned> {
  return await provisionChirpStack(api, {
    scenario,
    seed,
    gateways,
    fuotaServer: deployer.events,
    onProgress: (done, all) => {
      if (done === all) say(`provisioned ${all} devices and ${gateways} gateways`);
    },
  });
}

type WorldInput = LiveSpec &
  Pick<
    LiveInput,
    "way" | "gateways" | "joinSpreadS" | "isLenient" | "recorder" | "metrics" | "say" | "watching"
  >;

/** A fleet at the present, and its gateways on the way to the server. */
export async function openWorld(
  input: WorldInput,
  images: LiveImages,
  { gatewayIds }: Pick<Provisioned, "gatewayIds">,
) {
  const { recorder, metrics, gateways, isLenient, joinSpreadS } = input;
  const { seconds: gpsAtStart, ms: ageMs } = gpsNow();
  const { acknowledges } = input.way;
  const statsIntervalS = STATS_INTERVAL_S;
  const world = { gpsAtStart, gateways, statsIntervalS, isLenient, acknowledges, joinSpreadS };
  recorder?.begin(world, images.facts);
  const links: GatewayLink[] = [];
  const emit: LiveFleetInput["emit"] = (gateway, event) => {
    recorder?.event(fleet.engine.now, gateway, event);
    metrics?.event(event);
    for (const link of links) link.send(gateway, event);
  };
  const fleet = makeLiveFleet(input, images, world, emit, input.watching);
  const clock = new WallClock(fleet.engine, ageMs);
  metrics?.watch(fleet, clock.lag);
  const oddities: string[] = [];
  const link = await input.way.open(gatewayIds, {
    onCommand: (gateway, command) => {
      if (!isSendable(command)) {
        oddities.push(`gateway ${gateway}: a downlink beyond what can be sent`);
        return;
      }
      clock.sync();
      recorder?.command(fleet.engine.now, gateway, command);
      fleet.command(gateway, command);
    },
    onOddity: (text) => oddities.push(text),
    onState: (state) => {
      metrics?.linkIs(state);
      input.say(`the gateways' server: ${state}`);
    },
  });
  links.push(link);
  return { fleet, clock, link, oddities, gpsAtStart };
}

/** Waits for the fleet to join, deploys group after group, and waits until no device is undecided. */
async function runCampaign(
  input: LiveInput,
  { fleet, clock }: Pick<Awaited<ReturnType<typeof openWorld>>, "fleet" | "clock">,
  provisioned: Provisioned | undefined,
  payload: Uint8Array,
) {
  const { scenario, joinSpreadS, interrupt, say } = input;
  const { members } = fleet;
  const wait = (ms: number) => waitFor(ms, interrupt);
  const startedMs = performance.now();
  const intervals = campaignGroups(scenario).map(({ device }) => device.uplinkIntervalS);
  const joinMaxMs = (joinSpreadS + JOIN_INTERVALS_MAX * Math.max(...intervals)) * 1000;
  await until(() => members.every(({ node }) => node.observed.isClockSynced), joinMaxMs, interrupt);
  const joinSeconds = (performance.now() - startedMs) / 1000;
  const joined = members.filter(({ node }) => node.isJoined).length;
  const synced = members.filter(({ node }) => node.observed.isClockSynced).length;
  const timeless = synced < joined ? `, ${joined - synced} of them do not know the time` : "";
  say(`${joined} of ${members.length} joined in ${joinSeconds.toFixed(1)} s${timeless}`);
  await input.onJoined?.(fleet, wait, () => clock.sync());
  const settleMaxMs = input.settleMaxS * 1000;
  const records: DeploymentRecord[] = [];
  const { server, waitS } = input;
  if (server === undefined || provisioned === undefined) {
    await until(() => members.every(({ node }) => hasHadCampaign(node)), waitS * 1000, interrupt);
    return { records, joinSeconds };
  }
  for (let round = 0; round < input.deployments; round++) {
    records.push(...(await deploy(input, server.deployer, members, provisioned, payload)));
    await until(() => members.every(({ node }) => !node.isUndecided), settleMaxMs, interrupt);
  }
  if (input.deployments === 0) await wait(input.stayS * 1000);
  return { records, joinSeconds };
}

/** A deployment for each group of kinds, one after the other. */
async function deploy(
  { scenario, seed, interrupt, say }: LiveInput,
  deployer: Deployer,
  members: readonly Member[],
  provisioned: Provisioned,
  payload: Uint8Array,
): Promise<DeploymentRecord[]> {
  const records: DeploymentRecord[] = [];
  const wait = (ms: number) => waitFor(ms, interrupt);
  const isInterrupted = () => interrupt.aborted;
  for (const group of campaignGroups(scenario)) {
    const own = members.filter(({ kind }) => group.kinds.includes(kind));
    if (own.length === 0 || isInterrupted()) continue;
    const devEuis = own.map(devEuiOf);
    const facts = { scenario, group, seed, devEuis, provisioned, payload };
    const hooks = { wait, isInterrupted, onJob: (text: string) => say(`${group.name}: ${text}`) };
    records.push(await deployer.deploy(facts, hooks));
  }
  return records;
}

function resultsOf(fleet: LiveFleet, records: readonly DeploymentRecord[]): LiveDeviceResult[] {
  const rows = new Map(records.flatMap((record) => record.rows.map((row) => [row.devEui, row])));
  return fleet.members.map((member) => {
    const { isComplete = false, error = "" } = rows.get(devEuiOf(member)) ?? {};
    return liveResultOf(fleet, member, { complete: isComplete && error === "", error });
  });
}

function devEuiOf({ serverDevice }: Member): string {
  return hexOf(serverDevice.provisioned.devEui);
}
