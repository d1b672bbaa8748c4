import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { planSession } from "#scenarios/session.ts";
import type { CellSurvey } from "#sim/fleet/survey.ts";
import { totalsOf } from "#tools/report/expectations.ts";
import type { Report, ReportedDevice } from "#tools/report/schema.ts";
import { burstsOf } from "./bursts.ts";
import { expectedOf } from "./expected.ts";
import { failuresOf } from "./failures.ts";
import { histogramOf } from "./histogram.ts";
import { progressOf } from "./progress.ts";
import { rowsNeededOf } from "./rows-needed.ts";
import type { Timelines } from "./timelines.ts";

/** Bound of the fragment maps that a page embeds, in characters. */
export const MAPS_CHARACTERS_MAX = 2_000_000;

export interface RunFacts {
  readonly report: Report;
  readonly scenario: ResolvedScenario;
  /** The command that runs it again, and the one that shows the device whose number follows. */
  readonly replay: string;
  readonly replayDevice: string;
  /** Against a real server, in real time. */
  readonly isLive: boolean;
  readonly surveys: readonly CellSurvey[];
  readonly timelines: Timelines;
}

/** What the page's script draws of a run; plain JSON. */
export function runData(facts: RunFacts) {
  const { report, scenario, replay, replayDevice, isLive, surveys, timelines } = facts;
  const { seed, version, firmware, totals, expectations, virtualSeconds, devices } = report;
  const sentBytes = firmware.patchBytes ?? firmware.sizeBytes;
  const listening = devices.filter(({ pull }) => pull === undefined);
  const pullsOnly = scenario.devices.count === 0;
  const { nbFrag, codedFragments } = planSession(scenario.campaign, sentBytes);
  const seen = devices.filter(({ fragments }) => fragments.received + fragments.lost > 0);
  const frames = surveys.flatMap((survey) => survey.devices);
  const losses = surveys.reduce((sum, one) => sum + one.losses, 0);
  return {
    name: report.scenario.name,
    description: scenario.description,
    seed,
    version,
    firmware,
    totals,
    expectations,
    virtualSeconds,
    interrupted: report.interrupted,
    shard: report.shard,
    replay,
    replayDevice,
    isLive,
    nbFrag,
    codedFragments,
    /** Nobody listens to fragments: what is said of them is left out. */
    pullsOnly,
    /** Of those who do. */
    listening: totalsOf(listening),
    /** Fragments until a status request takes a frame between them; null: none does. */
    statusEvery: scenario.server.statusEvery ?? null,
    // A run that was stopped early knows no firmware.
    expected: sentBytes === 0 || pullsOnly ? null : expectedOf(scenario, sentBytes, report),
    failures: failuresOf(devices),
    progress: progressOf(surveys, nbFrag, devices.length),
    rowsNeeded: rowsNeededOf(devices),
    // Nothing but zeros is no picture.
    loss: histogramOf(losses === 0 ? [] : seen.map(lostPercent)),
    bursts: burstsOf(frames),
    losses,
    sharedLosses: surveys.reduce((sum, one) => sum + one.sharedLosses, 0),
    energy: histogramOf(listening.map(({ energyJ }) => energyJ)),
    energyToComplete: histogramOf(devices.flatMap(({ energyToCompleteJ: joules }) => joules ?? [])),
    devices: devices.map(deviceRow),
    maps: mapsOf(devices, surveys),
    timelines,
  };
}

export type RunData = ReturnType<typeof runData>;

/** In the order of the page's columns. */
function deviceRow(one: ReportedDevice) {
  const { coded, beyondM } = one.fragments;
  const { chunks: received, lost } = one.pull ?? {
    ...one.fragments,
    chunks: one.fragments.received,
  };
  return [
    one.id,
    one.devEui,
    one.kind,
    one.state,
    one.reason ?? "",
    received,
    lost,
    coded,
    beyondM,
    one.missingRows,
    one.energyJ,
    one.reboots,
    one.serverComplete ? "complete" : one.serverError,
  ];
}

/** Bits of what was heard and what was lost, in base 64, by device: those not updated first. */
function mapsOf(devices: readonly ReportedDevice[], surveys: readonly CellSurvey[]) {
  const frames = new Map(surveys.flatMap((survey) => survey.devices.map((one) => [one.id, one])));
  const others = devices.filter(({ state }) => state !== "updated");
  const updated = devices.filter(({ state }) => state === "updated");
  const maps: Record<string, readonly [string, string]> = {};
  let left = MAPS_CHARACTERS_MAX;
  for (const { id } of [...others, ...updated]) {
    const bits = frames.get(id);
    if (bits === undefined) continue;
    const map = [base64(bits.heard), base64(bits.lost)] as const;
    left -= map[0].length + map[1].length;
    if (left < 0) break;
    maps[id] = map;
  }
  return maps;
}

function lostPercent({ fragments: { received, lost } }: ReportedDevice): number {
  return (100 * lost) / (received + lost);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
