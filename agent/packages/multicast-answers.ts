/** Answers of TS005 that depend on the moment, or on the frame, in which they leave. */
import { gpsDistanceS } from "../clock.ts";
import type { Saying } from "../outbox.ts";
import { TIME_TO_START_MAX_S } from "./multicast-session.ts";
import { mcUplinkChirpstack, mcUplinkV1, mcUplinkV2 } from "./multicast-setup.wire.ts";
import type { MulticastSetupConfig, MulticastSetupState } from "./multicast-state.ts";
import type { PackageIo } from "./package-io.ts";

type McSessionSaying = Extract<Saying, { type: "mcSessionAns" }>;

export function buildMcSessionAns(
  { sessionClass, mcGroupId, errors, startGps }: McSessionSaying,
  { version, chirpstackAnswers }: MulticastSetupConfig,
  io: PackageIo,
): Uint8Array {
  const { drError, freqError, mcGroupUndefined, startMissed } = errors;
  const isLateOnly = startMissed && !(drError || freqError || mcGroupUndefined);
  const isPadded = isLateOnly && chirpstackAnswers;
  const isAccepted = !(drError || freqError || mcGroupUndefined || startMissed);
  const status = { mcGroupId, ...errors, reservedErrors: 0 };
  const name = `McClass${sessionClass}SessionAns` as const;
  const set = version === 1 ? mcUplinkV1 : isPadded ? mcUplinkChirpstack : mcUplinkV2;
  if (isPadded) return set.encode({ name, status, timeToStart: 0 });
  if (!isAccepted) return set.encode({ name, status });
  return set.encode({ name, status, timeToStart: timeToStartS(startGps, io) });
}

/** A clock that nobody has confirmed does not say "started already"; it says "not for long". */
function timeToStartS(startGps: number, { clock, at }: PackageIo): number {
  const aheadS = gpsDistanceS(clock.gps(at), startGps);
  if (aheadS < 0) return clock.synced ? 0 : TIME_TO_START_MAX_S;
  return Math.min(aheadS, TIME_TO_START_MAX_S);
}

const STATUS_HEAD_BYTES = 2;
const STATUS_GROUP_BYTES = 5;

/** Groups that do not fit are left out, highest first; the mask says which, the server asks again. */
export function buildMcGroupStatusAns(
  { groups }: MulticastSetupState,
  reqGroupMask: number,
  payloadMaxBytes: number,
): Uint8Array {
  const defined = [...groups.entries()].flatMap(([mcGroupId, group]) =>
    group === undefined ? [] : [{ mcGroupId, mcAddr: group.mcAddr }],
  );
  const fitting = Math.max(
    Math.floor((payloadMaxBytes - STATUS_HEAD_BYTES) / STATUS_GROUP_BYTES),
    0,
  );
  const answered = defined
    .filter(({ mcGroupId }) => ((reqGroupMask >> mcGroupId) & 1) === 1)
    .slice(0, fitting);
  const ansGroupMask = answered.reduce((mask, { mcGroupId }) => mask | (1 << mcGroupId), 0);
  return mcUplinkV2.encode({
    name: "McGroupStatusAns",
    status: { ansGroupMask, nbTotalGroups: defined.length },
    groups: answered,
  });
}
