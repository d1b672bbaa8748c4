import { ThingsBoardRefused } from "#hal/net/thingsboard-api.ts";
import { type FleetProgress, progressOf } from "#sim/fleet/progress.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import type { FirmwareFacts } from "#sim/fleet/roster.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import { pullCountsOf } from "#sim/pull/cell.ts";
import { pullResultOf } from "#sim/pull/result.ts";
import { newPullSurvey } from "#sim/pull/survey.ts";
import { type LiveSpec, makeLiveImages } from "#tools/fleet/live-world.ts";
import { waitFor } from "#tools/fleet/waiting.ts";
import { WallClock } from "#tools/fleet/wall-clock.ts";
import { orRefused } from "#tools/provision/api-refusal.ts";
import type { ReportedCell } from "#tools/report/schema.ts";
import { Assignments } from "./assignments.ts";
import type { DeviceUrls } from "./links.ts";
import { type GroupPackages, packagesOf } from "./packages.ts";
import { LivePullServer, type ServerLogin } from "./server.ts";
import { type LivePullMember, LivePullWorld } from "./world.ts";

export interface LivePullRun extends LiveSpec {
  readonly login: ServerLogin;
  readonly urls: DeviceUrls;
  /** Whatever the scenario says, no longer than this. */
  readonly waitS: number;
  /** For a report with pictures. */
  readonly isSurveyed: boolean;
  readonly interrupt: AbortSignal;
  /** A line for a person who watches. */
  readonly say: (text: string) => void;
  readonly onProgress: ((progress: FleetProgress) => void) | undefined;
}

export interface LivePullOutcome {
  readonly results: readonly DeviceResult[];
  readonly firmware: FirmwareFacts;
  readonly wallSeconds: number;
  readonly cell: ReportedCell;
  readonly survey: CellSurvey | undefined;
  readonly lag: WallClock["lag"];
  /** What went wrong at sockets, and how often. */
  readonly troubles: ReadonlyMap<string, number>;
}

const WATCH_MS = 1000;

/** Runs the pulling devices of a scenario against a ThingsBoard: provision, update, watch, take down. */
export async function runLivePull(input: LivePullRun): Promise<LivePullOutcome> {
  const { scenario, seed, login, say } = input;
  const images = makeLiveImages(input);
  const packages = packagesOf(input, images);
  const server = new LivePullServer(login, scenario);
  return await orRefused(async () => {
    await server.logIn();
    try {
      const listed = LivePullServer.listed(scenario, seed);
      await server.prepare(listed, packages);
      say(`${login.url} has ${listed.flat().length} devices and their packages`);
      const assignments = new Assignments(scenario, server);
      const world = new LivePullWorld({
        ...{ scenario, seed, images, listed, urls: input.urls, originUnixMs: Date.now() },
        earlier: packages.map(({ earlierImage }) => earlierImage),
        onFirstGiven: (member, chunk) => assignments.firstGiven(member, chunk),
      });
      await assignments.begin(world.engine);
      const sentBytes = images.firmware.sent.length;
      const run = await runWorld(input, { world, server, assignments, packages, sentBytes });
      return { ...run, firmware: images.facts };
    } finally {
      await takeDown(server, say);
    }
  });
}

interface Parts {
  readonly world: LivePullWorld;
  readonly server: LivePullServer;
  readonly assignments: Assignments;
  readonly packages: readonly GroupPackages[];
  /** The whole image. */
  readonly sentBytes: number;
}

async function runWorld(input: LivePullRun, parts: Parts) {
  const { world, server, assignments } = parts;
  const { engine, members } = world;
  const clock = new WallClock(engine, 0);
  const startedMs = performance.now();
  const over = new AbortController();
  world.start(clock);
  const { onProgress, scenario } = input;
  const survey = input.isSurveyed
    ? newPullSurvey(members, scenario, parts.sentBytes, WATCH_MS * 1000)
    : undefined;
  const shown = setInterval(() => {
    survey?.sample(engine.now);
    onProgress?.(progressOf({ engine, counts: pullCountsOf(members) }, [], 1, members.length));
  }, WATCH_MS);
  try {
    const interrupt = AbortSignal.any([input.interrupt, over.signal]);
    const watched = watch({ ...input, interrupt }, parts);
    await Promise.race([watched, clock.run(), assignments.failed, world.broken]);
    await hear(server, members, input.say);
  } finally {
    over.abort();
    clearInterval(shown);
    clock.stop();
    world.close();
  }
  survey?.sample(engine.now, true);
  const wallSeconds = (performance.now() - startedMs) / 1000;
  const index = input.scenario.devices.count === 0 ? 0 : 1;
  return {
    wallSeconds,
    ...{ lag: clock.lag, troubles: world.troubles, survey: survey?.result() },
    results: members.map((member) => pullResultOf(member, { id: member.id, cell: index })),
    cell: {
      ...{ index, devices: members.length, events: engine.events },
      virtualSeconds: Math.round(wallSeconds),
      traceHash: "",
      airtime: { allS: 0, multicastS: 0 },
    },
  };
}

/** Until nothing is left to do for anybody, by what the device and the server say. */
async function watch(
  { scenario, waitS, interrupt, say }: LivePullRun,
  { world, server, assignments, packages }: Parts,
): Promise<void> {
  const { engine, members } = world;
  const maxS = Math.min(waitS, Math.max(...scenario.pull.map(({ untilS }) => untilS)));
  const versions = packages.map(({ final }) => final.version);
  let complaint: string | undefined;
  while (!interrupt.aborted && engine.now < maxS * 1e6) {
    const open = members.filter(({ node, served }) => node.isUpdated && !served.isKnownUpdated());
    complaint = await hear(server, open, complaint === undefined ? say : () => {});
    const isOver = members.every((one) => isDone(one, versions[one.group]));
    if (isOver && engine.now > assignments.quietUs) return;
    await waitFor(WATCH_MS, interrupt);
  }
}

/** A server that is not there for a while ends no run. Returns what it complains of. */
async function hear(
  server: LivePullServer,
  members: readonly LivePullMember[],
  say: (text: string) => void,
): Promise<string | undefined> {
  try {
    await server.hear(members);
    return undefined;
  } catch (error) {
    if (!(error instanceof ThingsBoardRefused)) throw error;
    say(`not asked what it has heard: ${error.message}`);
    return error.message;
  }
}

function isDone(member: LivePullMember, version: string | undefined): boolean {
  const { node, pull, served } = member;
  if (node.isBricked) return true;
  if (pull.token === "wrong" && node.observed.isDenied) return true;
  return node.observed.doneWith === version && (served.isKnownUpdated() || !node.isUpdated);
}

/** Whatever came of the run, there is a report of it. */
async function takeDown(server: LivePullServer, say: (text: string) => void): Promise<void> {
  try {
    await server.remove();
  } catch (error) {
    if (!(error instanceof ThingsBoardRefused)) throw error;
    say(`what was made there could not be taken away: ${error.message}`);
  }
}
