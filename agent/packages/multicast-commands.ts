/** What each command of TS005 does. */
import { gpsDistanceS } from "../clock.ts";
import { mcKEKey, mcRootKey, mcSessionKeys, unwrapMcKey } from "../keys/multicast.ts";
import type { McSessionErrors } from "../outbox.ts";
import { endSession, noteSession, reviewSession } from "./multicast-session.ts";
import {
  type McDownlink,
  type McUplink,
  MULTICAST_SETUP_IDENTIFIER,
  MULTICAST_SETUP_PORT,
  mcUplinkV2,
} from "./multicast-setup.wire.ts";
import {
  BEACON_PERIOD_S,
  type McGroup,
  type McSession,
  type MulticastSetupConfig,
  type MulticastSetupState,
} from "./multicast-state.ts";
import type { PackageIo } from "./package-io.ts";
import type { RegionLimits } from "./region-limits.ts";

type McGroupSetupReq = Extract<McDownlink, { name: "McGroupSetupReq" }>;
type McSessionReq = Extract<McDownlink, { name: "McClassCSessionReq" | "McClassBSessionReq" }>;

export function answerVersion({ version }: MulticastSetupConfig, io: PackageIo): void {
  const packageIdentifier = MULTICAST_SETUP_IDENTIFIER;
  answer({ name: "PackageVersionAns", packageIdentifier, packageVersion: version }, io);
}

/** Makes or replaces a context. Its session ends, its counters start again. */
export function setUpGroup(
  { groups }: MulticastSetupState,
  request: McGroupSetupReq,
  config: MulticastSetupConfig,
  io: PackageIo,
): void {
  const { mcGroupId } = request.header;
  const idError = mcGroupId >= config.groupCount;
  if (!idError) {
    const former = groups[mcGroupId];
    if (former !== undefined) endSession(former, mcGroupId, io);
    const group = groupOf(request, config, io);
    groups[mcGroupId] = group;
    io.persist({ type: "mcGroup", mcGroupId });
    programGroup(group, mcGroupId, io);
  }
  answer({ name: "McGroupSetupAns", status: { mcGroupId, idError } }, io);
  const note = { type: "mcGroupSetup", groupId: mcGroupId, ok: !idError } as const;
  io.effects.push({ type: "note", note });
}

function groupOf(
  { mcAddr, mcKeyEncrypted, minMcFCnt, maxMcFCnt }: McGroupSetupReq,
  { lorawan, rootSecret }: MulticastSetupConfig,
  { crypto }: PackageIo,
): McGroup {
  const kek = mcKEKey(mcRootKey(lorawan, rootSecret, crypto), crypto);
  const keys = mcSessionKeys(unwrapMcKey(kek, mcKeyEncrypted, crypto), mcAddr, crypto);
  return { mcAddr, ...keys, minMcFCnt, maxMcFCnt, nextMcFCnt: minMcFCnt, session: undefined };
}

/** Tells the modem. */
export function programGroup(group: McGroup, groupId: number, io: PackageIo): void {
  const { mcAddr, mcNwkSKey, mcAppSKey, minMcFCnt, maxMcFCnt, nextMcFCnt } = group;
  io.effects.push({
    type: "setMcGroup",
    groupId,
    mcAddr,
    mcNwkSKey,
    mcAppSKey,
    minMcFCnt,
    maxMcFCnt,
    nextMcFCnt,
  });
}

export function deleteGroup(
  { groups }: MulticastSetupState,
  mcGroupId: number,
  io: PackageIo,
): void {
  const group = groups[mcGroupId];
  if (group !== undefined) {
    endSession(group, mcGroupId, io);
    groups[mcGroupId] = undefined;
    io.persist({ type: "mcGroup", mcGroupId });
    io.effects.push({ type: "deleteMcGroup", groupId: mcGroupId });
  }
  const mcGroupUndefined = group === undefined;
  answer({ name: "McGroupDeleteAns", status: { mcGroupId, mcGroupUndefined } }, io);
}

/**
 * Programs a session, or says why not; a refused one leaves the former in force. A repeat
 * of the session in force is accepted again, even when it has begun: the first answer got lost.
 * Returns whether a session was programmed on a clock that nobody has confirmed.
 */
export function programSession(
  state: MulticastSetupState,
  request: McSessionReq,
  config: MulticastSetupConfig,
  io: PackageIo,
): boolean {
  const { mcGroupId } = request.header;
  const group = state.groups[mcGroupId];
  const session = sessionOf(request);
  const isRepeat = group?.session !== undefined && isSameSession(group.session, session);
  const errors = errorsOf(group, session, isRepeat, config, io);
  const isAccepted = !Object.values(errors).includes(true);
  if (group !== undefined && isAccepted && !isRepeat) {
    endSession(group, mcGroupId, io);
    group.session = session;
    io.persist({ type: "mcSession", mcGroupId });
    noteSession("programmed", session, mcGroupId, io);
    reviewSession(group, mcGroupId, config.openEarlyS, io);
  }
  if (!isAccepted) noteSession("refused", session, mcGroupId, io);
  const { startGps } = session;
  const sessionClass = session.periodicity === undefined ? "C" : "B";
  io.say({ type: "mcSessionAns", sessionClass, mcGroupId, errors, startGps });
  return isAccepted && !io.clock.synced;
}

function sessionOf(request: McSessionReq): McSession {
  const { sessionTime: startGps, param, dlFrequencyHz, dr } = request;
  const isClassB = request.name === "McClassBSessionReq";
  return {
    startGps,
    durationS: (isClassB ? BEACON_PERIOD_S : 1) * 2 ** param.timeOut,
    dlFrequencyHz,
    dr,
    periodicity: isClassB ? request.param.periodicity : undefined,
    isOpen: false,
  };
}

function isSameSession(a: McSession, b: McSession): boolean {
  return (
    a.startGps === b.startGps &&
    a.durationS === b.durationS &&
    a.dlFrequencyHz === b.dlFrequencyHz &&
    a.dr === b.dr &&
    a.periodicity === b.periodicity
  );
}

/**
 * 2.0.0 refuses every start that has passed. 1.0.0 has no bit for it: there the device joins a
 * session that still runs, and one that is over counts as undefined, as in LoRaMac-node.
 */
function errorsOf(
  group: McGroup | undefined,
  session: McSession,
  isRepeat: boolean,
  { version, region }: MulticastSetupConfig,
  { clock, at }: PackageIo,
): McSessionErrors {
  const lateS = gpsDistanceS(session.startGps, clock.gps(at));
  const isJudged = clock.synced && !isRepeat;
  const isOver = isJudged && version === 1 && lateS >= session.durationS;
  return {
    drError: !region.validMcDr(session.dr),
    freqError: !isUsable(session, region),
    mcGroupUndefined: group === undefined || isOver,
    startMissed: isJudged && version === 2 && lateS >= 0,
  };
}

/** In class B, 0 stands for the channels that the beacon hops through. */
function isUsable({ dlFrequencyHz, periodicity }: McSession, region: RegionLimits): boolean {
  const isHopping = dlFrequencyHz === 0 && periodicity !== undefined;
  return isHopping || region.validFrequency(dlFrequencyHz);
}

function answer(command: McUplink, io: PackageIo): void {
  // these answers are alike in both versions
  const payload = mcUplinkV2.encode(command);
  io.say({ type: "answer", fPort: MULTICAST_SETUP_PORT, payload });
}
