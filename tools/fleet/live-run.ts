import type { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { hexOf } from "#sim/fleet/firmware.ts";
import type { LiveFleet } from "#sim/fleet/live-fleet.ts";
import { type FleetProgress, progressOf } from "#sim/fleet/progress.ts";
import type { FirmwareFacts } from "#sim/fleet/roster.ts";
import type { Member } from "#sim/fleet/spawn.ts";
import { RefusedError } from "#tools/errors.ts";
import {
  type Provisioned,
  provisionChirpStack,
  STATS_INTERVAL_S,
} from "#tools/provision/chirpstack.ts";
import type { Recorder } from "#tools/recording/recorder.ts";
import type { ReportedCell } from "#tools/report/schema.ts";
import { type DeploymentRecord, runDeployment } from "./chirpstack-campaign.ts";
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
} from "./live-world.ts";
import type { LiveMetrics } from "./metrics.ts";
import { isSendable } from "./sendable.ts";
import { gpsNow, WallClock } from "./wall-clock.ts";

export interface LiveInput extends LiveSpec {
  readonly api: ChirpStackConnection;
  readonly way: GatewayWay;
  readonly gateways: number;
  readonly joinSpreadS: number;
  readonly isLenient: boolean;
  readonly interrupt: AbortSignal;
  /** Undefined: nothing is written down. */
  readonly recorder: Recorder | undefined;
  /** Undefined: nobody asks for them. */
  readonly metrics: LiveMetrics | undefined;
  /** A line for a person who watches. */
  readonly say: (text: string) => void;
  readonly onProgress: (progress: FleetProgress) => void;
}

export interface LiveOutcome {
  readonly results: readonly LiveDeviceResult[];
  readonly records: readonly DeploymentRecord[];
  readonly firmware: FirmwareFacts;
  readonly wallSeconds: number;
  readonly cell: ReportedCell;
  readonly uplinks: number;
  readonly downlinks: number;
  readonly oddities: readonly string[];
  readonly lag: WallClock["lag"];
  /** From the first request on, until the last device had joined and knew the time. */
  readonly joinSeconds: number;
}

const PROGRESS_MS = 1000;
const CHECK_MS = 200;
/** A device that has not joined after so many of its intervals is left behind. */
const JOIN_INTERVALS_MAX = 10;
/** Activation, three trials and their confirmation. */
const SETTLE_MAX_MS = 1_800_000;

/** Runs a fleet against a ChirpStack v4 in real time: provision, join, one deployment a kind, settle. */
export async function runLive(input: LiveInput): Promise<LiveOutcome> {
  const { scenario, seed, api, say, recorder } = input;
  const images = makeLiveImages(input);
  const provisioned = await provisionChirpStack(api, {
    scenario,
    seed,
    gateways: input.gateways,
    onProgress: (done, all) => {
      if (done === all) say(`provisioned ${all} devices and ${input.gateways} gateways`);
    },
  });
  const world = await openWorld(input, images, provisioned);
  const { fleet, clock, link, oddities } = world;
  const startedMs = performance.now();
  clock.sync();
  recorder?.start(fleet.engine.now);
  fleet.start();
  const shown = setInterval(
    () => input.onProgress(progressOf(fleet, [], 1, fleet.members.length)),
    PROGRESS_MS,
  );
  try {
    const campaign = runCampaign(input, fleet, provisioned, images.firmware.sent);
    const { records, joinSeconds } = await Promise.race([campaign, clock.run()]);
    const results = resultsOf(fleet, records);
    const wallSeconds = (performance.now() - startedMs) / 1000;
    const interrupted = input.interrupt.aborted;
    recorder?.end({ at: fleet.engine.now, interrupted, wallSeconds, results });
    return {
      results,
      records,
      firmware: images.facts,
      wallSeconds,
      cell: liveCellOf(fleet, wallSeconds),
      uplinks: fleet.uplinks,
      downlinks: fleet.downlinks,
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

type WorldInput = LiveSpec &
  Pick<
    LiveInput,
    "way" | "gateways" | "joinSpreadS" | "isLenient" | "recorder" | "metrics" | "say"
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
  const fleet = makeLiveFleet(input, images, world, (gateway, event) => {
    recorder?.event(fleet.engine.now, gateway, event);
    metrics?.event(event);
    for (const link of links) link.send(gateway, event);
  });
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
  return { fleet, clock, link, oddities };
}

/** Waits for the fleet to join, deploys kind after kind, and waits until no device is undecided. */
async function runCampaign(
  { scenario, joinSpreadS, api, interrupt, say }: LiveInput,
  fleet: LiveFleet,
  provisioned: Provisioned,
  payload: Uint8Array,
) {
  const { kinds } = scenario.devices;
  const { members } = fleet;
  const wait = (ms: number) => waitFor(ms, interrupt);
  const isInterrupted = () => interrupt.aborted;
  const startedMs = performance.now();
  const intervalS = Math.max(...kinds.map(({ device }) => device.uplinkIntervalS));
  const joinMaxMs = (joinSpreadS + JOIN_INTERVALS_MAX * intervalS) * 1000;
  await until(() => members.every(({ node }) => node.observed.isClockSynced), joinMaxMs, interrupt);
  const joinSeconds = (performance.now() - startedMs) / 1000;
  const joined = members.filter(({ node }) => node.isJoined).length;
  say(`${joined} of ${members.length} joined in ${joinSeconds.toFixed(1)} s`);
  const records: DeploymentRecord[] = [];
  for (const kind of kinds) {
    const own = members.filter((member) => member.kind === kind);
    if (own.length === 0 || isInterrupted()) continue;
    const devEuis = own.map(devEuiOf);
    const facts = { scenario, kind, devEuis, provisioned, payload };
    const hooks = { wait, isInterrupted, onJob: (text: string) => say(`${kind.name}: ${text}`) };
    records.push(await runDeployment(api, facts, hooks));
  }
  await until(() => members.every(({ node }) => !node.isUndecided), SETTLE_MAX_MS, interrupt);
  return { records, joinSeconds };
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

async function until(isDone: () => boolean, maxMs: number, interrupt: AbortSignal): Promise<void> {
  const endMs = performance.now() + maxMs;
  while (!isDone() && performance.now() < endMs && !interrupt.aborted) {
    await waitFor(CHECK_MS, interrupt);
  }
}

function waitFor(ms: number, interrupt: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (interrupt.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      interrupt.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    interrupt.addEventListener("abort", done);
  });
}
