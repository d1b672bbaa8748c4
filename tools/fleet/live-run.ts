import type { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { Crypto } from "#hal/ports.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { AirRecord } from "#sim/fleet/air-record.ts";
import { type FirmwarePair, hexOf, makeFirmware } from "#sim/fleet/firmware.ts";
import { LiveFleet } from "#sim/fleet/live-fleet.ts";
import type { FleetNode } from "#sim/fleet/node.ts";
import { type FleetProgress, progressOf } from "#sim/fleet/progress.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import { resultOf } from "#sim/fleet/result.ts";
import { type FleetImages, fleetImages, kindOf } from "#sim/fleet/roster.ts";
import type { Member } from "#sim/fleet/spawn.ts";
import {
  type Provisioned,
  provisionChirpStack,
  STATS_INTERVAL_S,
} from "#tools/provision/chirpstack.ts";
import { gatewayIdOf } from "#tools/provision/names.ts";
import { signerOf } from "#tools/run/images.ts";
import type { SuppliedFirmware } from "#tools/run/simulation.ts";
import { type DeploymentRecord, runDeployment } from "./chirpstack-campaign.ts";
import type { GatewayLink } from "./gateway-link.ts";
import type { GatewayWay } from "./gateway-options.ts";
import { gpsNow, WallClock } from "./wall-clock.ts";

export interface LiveInput {
  readonly scenario: ResolvedScenario;
  readonly seed: number;
  readonly firmware: SuppliedFirmware | undefined;
  /** Undefined: some other server, which knows the devices and makes its own campaign. */
  readonly api: ChirpStackConnection | undefined;
  /** Without an API: how long to wait for that, from when the devices have joined. */
  readonly waitS: number;
  readonly way: GatewayWay;
  readonly gateways: number;
  readonly joinSpreadS: number;
  readonly isLenient: boolean;
  readonly interrupt: AbortSignal;
  /** A line for a person who watches. */
  readonly say: (text: string) => void;
  readonly onProgress: (progress: FleetProgress) => void;
}

export type LiveDeviceResult = DeviceResult & { readonly air: AirRecord };

export interface LiveOutcome {
  readonly results: readonly LiveDeviceResult[];
  readonly records: readonly DeploymentRecord[];
  readonly firmware: {
    readonly sha256: string;
    readonly sizeBytes: number;
    readonly version: string;
  };
  readonly wallSeconds: number;
  readonly events: number;
  readonly airtime: LiveFleet["airtime"];
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
  const { scenario, seed, api } = input;
  const crypto = new NodeCrypto();
  const signer = signerOf(seed, scenario.firmware.signature);
  const firmware = makeFirmware(scenario.firmware, seed, signer, crypto, input.firmware);
  const images = fleetImages(firmware, crypto);
  const provisioned = api && (await provision(input, api));
  const gatewayIds = Array.from({ length: input.gateways }, (_, index) => gatewayIdOf(index));
  const world = await openWorld(input, { firmware, images, crypto, gatewayIds });
  const { fleet, clock, link, oddities } = world;
  const startedMs = performance.now();
  clock.sync();
  fleet.start();
  const shown = setInterval(
    () => input.onProgress(progressOf(fleet, [], 1, fleet.members.length)),
    PROGRESS_MS,
  );
  try {
    const campaign = runCampaign(input, fleet, provisioned, firmware.sent);
    const { records, joinSeconds } = await Promise.race([campaign, clock.run()]);
    return {
      results: resultsOf(fleet, records),
      records,
      firmware: {
        sha256: hexOf(crypto.hashOf("sha256", firmware.update)),
        sizeBytes: firmware.update.length,
        version: images.update?.version ?? scenario.firmware.version,
      },
      wallSeconds: (performance.now() - startedMs) / 1000,
      events: fleet.engine.events,
      airtime: fleet.airtime,
      uplinks: fleet.uplinks,
      downlinks: fleet.downlinks,
      oddities,
      lag: clock.lag,
      joinSeconds,
    };
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
  api: ChirpStackConnection,
): Promise<Provisioned> {
  return await provisionChirpStack(api, {
    scenario,
    seed,
    gateways,
    onProgress: (done, all) => {
      if (done === all) say(`provisioned ${all} devices and ${gateways} gateways`);
    },
  });
}

interface WorldParts {
  readonly firmware: FirmwarePair;
  readonly images: FleetImages;
  readonly crypto: Crypto;
  readonly gatewayIds: readonly string[];
}

/** A fleet at the present, and its gateways on the broker. */
async function openWorld(input: LiveInput, { firmware, images, crypto, gatewayIds }: WorldParts) {
  const { scenario, seed } = input;
  const { kinds, count } = scenario.devices;
  const { seconds: gpsAtStart, ms: ageMs } = gpsNow();
  const links: GatewayLink[] = [];
  const fleet = new LiveFleet({
    scenario,
    seed,
    members: Array.from({ length: count }, (_, id) => ({ id, kind: kindOf(kinds, seed, id) })),
    firmware,
    factoryImage: images.factory,
    updateHash: images.updateHash,
    crypto,
    gpsAtStart,
    gateways: input.gateways,
    statsIntervalS: STATS_INTERVAL_S,
    isLenient: input.isLenient,
    acknowledges: input.way.acknowledges,
    joinSpreadS: input.joinSpreadS,
    emit: (gateway, event) => {
      for (const link of links) link.send(gateway, event);
    },
  });
  const clock = new WallClock(fleet.engine, ageMs);
  const oddities: string[] = [];
  const link = await input.way.open(gatewayIds, {
    onCommand: (gateway, command) => {
      clock.sync();
      fleet.command(gateway, command);
    },
    onOddity: (text) => oddities.push(text),
    onState: (state) => input.say(`the gateways' server: ${state}`),
  });
  links.push(link);
  return { fleet, clock, link, oddities };
}

/** Waits for the fleet to join, deploys kind after kind, and waits until no device is undecided. */
async function runCampaign(
  { scenario, joinSpreadS, waitS, api, interrupt, say }: LiveInput,
  fleet: LiveFleet,
  provisioned: Provisioned | undefined,
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
  const isDecided = () => members.every(({ node }) => !node.isUndecided);
  if (api === undefined || provisioned === undefined) {
    await until(() => members.every(({ node }) => hasHadCampaign(node)), waitS * 1000, interrupt);
    return { records, joinSeconds };
  }
  for (const kind of kinds) {
    const own = members.filter((member) => member.kind === kind);
    if (own.length === 0 || isInterrupted()) continue;
    const devEuis = own.map(devEuiOf);
    const facts = { scenario, kind, devEuis, provisioned, payload };
    const hooks = { wait, isInterrupted, onJob: (text: string) => say(`${kind.name}: ${text}`) };
    records.push(await runDeployment(api, facts, hooks));
  }
  await until(isDecided, SETTLE_MAX_MS, interrupt);
  return { records, joinSeconds };
}

function resultsOf(fleet: LiveFleet, records: readonly DeploymentRecord[]): LiveDeviceResult[] {
  const rows = new Map(records.flatMap((record) => record.rows.map((row) => [row.devEui, row])));
  return fleet.members.map((member) => {
    const { isComplete = false, error = "" } = rows.get(devEuiOf(member)) ?? {};
    const view = { complete: isComplete && error === "", error };
    const result = resultOf(member, { kind: member.kind.name, cell: 0 }, view);
    return { ...result, air: fleet.airOf(member) };
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
