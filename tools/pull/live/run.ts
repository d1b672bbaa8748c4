import { HttpApiRefused } from "#hal/net/http-api.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import { type FleetProgress, progressOf } from "#sim/fleet/progress.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import type { FirmwareFacts } from "#sim/fleet/roster.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import { pullCountsOf } from "#sim/pull/cell.ts";
import { pullResultOf } from "#sim/pull/result.ts";
import { newPullSurvey } from "#sim/pull/survey.ts";
import { InputError } from "#tools/errors.ts";
import { type LiveImages, type LiveSpec, makeLiveImages } from "#tools/fleet/live-world.ts";
import { waitFor } from "#tools/fleet/waiting.ts";
import { WallClock } from "#tools/fleet/wall-clock.ts";
import { orRefused } from "#tools/provision/api-refusal.ts";
import { forEach } from "#tools/provision/at-once.ts";
import type { ReportedCell } from "#tools/report/schema.ts";
import type { ListedDevice } from "../device-list.ts";
import { Assignments } from "./assignments.ts";
import { groupImagesOf } from "./images.ts";
import type { LiveGroup, LiveServer } from "./live-server.ts";
import { type LivePullMember, LivePullWorld } from "./world.ts";

/** The groups of a scenario that have one kind of server, and that server. */
export interface LivePullKind {
  readonly isOf: (pull: ResolvedPull) => boolean;
  /** Names and secrets of the devices of a group, by its number among all. */
  readonly listed: (pull: ResolvedPull, group: number) => readonly ListedDevice[];
  readonly open: (groups: readonly LiveGroup[]) => LiveServer;
}

export interface LivePullRun extends LiveSpec {
  readonly kind: LivePullKind;
  /** Number of its part among the cells of the report. */
  readonly cell: number;
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
const AT_ONCE = 8;

/** Runs pulling devices of a scenario against their server: provision, update, watch, take down. */
export async function runLivePull(input: LivePullRun): Promise<LivePullOutcome> {
  const { seed, say, kind } = input;
  const images = makeLiveImages(input);
  const groups = groupsOf(input, images);
  const server = kind.open(groups);
  return await orRefused(async () => {
    await server.check();
    try {
      await server.prepare();
      const devices = groups.reduce((sum, { pull }) => sum + pull.count, 0);
      say(`${server.name} has ${devices} devices and their packages`);
      const assignments = new Assignments(groups, server);
      const world = new LivePullWorld({
        ...{ seed, images, groups, server, originUnixMs: Date.now() },
        onFirstGiven: (member, chunk) => assignments.firstGiven(member, chunk),
      });
      await assignments.begin(world.engine);
      const sentBytes = images.firmware.sent.length;
      const run = await runWorld(input, { world, assignments, sentBytes });
      return { ...run, firmware: images.facts };
    } finally {
      await takeDown(server, say);
    }
  });
}

function groupsOf(input: LivePullRun, images: LiveImages): readonly LiveGroup[] {
  const { scenario, kind } = input;
  let nextId = scenario.devices.count;
  return scenario.pull.flatMap((pull, index) => {
    const firstId = nextId;
    nextId += pull.count;
    if (!kind.isOf(pull)) return [];
    const listed = kind.listed(pull, index);
    return [{ pull, index, firstId, listed, images: groupImagesOf(pull, input, images) }];
  });
}

interface Parts {
  readonly world: LivePullWorld;
  readonly assignments: Assignments;
  /** The whole image. */
  readonly sentBytes: number;
}

async function runWorld(input: LivePullRun, parts: Parts) {
  const { world, assignments } = parts;
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
    await hear(members, input.say);
  } finally {
    over.abort();
    clearInterval(shown);
    clock.stop();
    world.close();
  }
  survey?.sample(engine.now, true);
  const wallSeconds = (performance.now() - startedMs) / 1000;
  const { cell: index } = input;
  return {
    wallSeconds,
    ...{ lag: clock.lag, troubles: world.troubles, survey: survey?.result() },
    results: members.map((member) => pullResultOf(member, { id: idOf(member), cell: index })),
    cell: {
      ...{ index, devices: members.length, events: engine.events },
      virtualSeconds: Math.round(wallSeconds),
      traceHash: "",
      airtime: { allS: 0, multicastS: 0 },
    },
  };
}

function idOf({ group, index }: LivePullMember): number {
  return group.firstId + index;
}

/** Until nothing is left to do for anybody, by what the device and the server say. */
async function watch(
  { waitS, interrupt, say }: LivePullRun,
  { world, assignments }: Parts,
): Promise<void> {
  const { engine, members } = world;
  const untilS = members.reduce((most, { pull }) => Math.max(most, pull.untilS), 0);
  const maxS = Math.min(waitS, untilS);
  let complaint: string | undefined;
  while (!interrupt.aborted && engine.now < maxS * 1e6) {
    const open = members.filter(({ node, served }) => node.isUpdated && !served.isKnownUpdated());
    complaint = await hear(open, complaint === undefined ? say : () => {});
    if (members.every(isDone) && engine.now > assignments.quietUs) return;
    await waitFor(WATCH_MS, interrupt);
  }
}

/** A server that is not there for a while ends no run. Returns what it complains of. */
async function hear(
  members: readonly LivePullMember[],
  say: (text: string) => void,
): Promise<string | undefined> {
  try {
    const nobody = () => {};
    await forEach(members, AT_ONCE, nobody, ({ served }) => served.hear());
    return undefined;
  } catch (error) {
    if (!(error instanceof HttpApiRefused)) throw error;
    say(`not asked what it has heard: ${error.message}`);
    return error.message;
  }
}

function isDone({ node, pull, served, group }: LivePullMember): boolean {
  if (node.isBricked) return true;
  if (pull.token === "wrong" && node.observed.isDenied) return true;
  const { version } = group.images.final;
  return node.observed.doneWith === version && (served.isKnownUpdated() || !node.isUpdated);
}

/** Whatever came of the run, there is a report of it. */
async function takeDown(server: LiveServer, say: (text: string) => void): Promise<void> {
  try {
    await server.remove();
  } catch (error) {
    if (!(error instanceof HttpApiRefused || error instanceof InputError)) throw error;
    say(`what was made there could not be taken away: ${error.message}`);
  }
}
