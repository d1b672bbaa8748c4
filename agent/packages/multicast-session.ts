/** When a device listens to a multicast group: in a class C window, or in class B. */
import type { McSessionNote } from "../events.ts";
import { BEACON_PERIOD_S, type McGroup, type McSession } from "./multicast-state.ts";
import type { PackageIo } from "./package-io.ts";

const S_US = 1_000_000;
/**
 * Longest TimeToStart on the wire, 194 days. A start beyond it means that the clock does not know
 * the time yet: it gets no timer, the correction of the clock will look at it again.
 */
export const TIME_TO_START_MAX_S = 0xff_ffff;

/** Two beacons may be missed before the session starts. */
const CLASS_B_EARLY_S = 3 * BEACON_PERIOD_S;

const ids = [0, 1, 2, 3] as const;

function timersOf(mcGroupId: number) {
  const id = ids[mcGroupId];
  if (id === undefined) throw new RangeError(`multicast group ${mcGroupId}`);
  return { start: `mcStart${id}`, end: `mcEnd${id}` } as const;
}

/**
 * Brings window and timers of a session to what the clock says now. Called when it is programmed,
 * when a timer fires, when the clock was corrected, and after a boot: calling it twice does no harm.
 *
 * The window opens `openEarlyS` before the start, or early enough to find the beacon, and closes at
 * the end of the session. While nobody
 * has confirmed the clock, a session that looks over is kept.
 */
export function reviewSession(
  group: McGroup,
  mcGroupId: number,
  openEarlyS: number,
  io: PackageIo,
): void {
  const { session } = group;
  if (session === undefined) return;
  const timers = timersOf(mcGroupId);
  const startAt = io.clock.uptimeOf(session.startGps, io.at);
  const isClassB = session.periodicity !== undefined;
  const openAt = startAt - (isClassB ? CLASS_B_EARLY_S : openEarlyS) * S_US;
  const endAt = startAt + session.durationS * S_US;
  if (io.at >= endAt && io.clock.synced) {
    endSession(group, mcGroupId, io);
    return;
  }
  if (io.at < openAt || io.at >= endAt) {
    closeWindow(session, mcGroupId, io);
    const isTimed = io.at < openAt && startAt - io.at <= TIME_TO_START_MAX_S * S_US;
    if (isTimed) io.effects.push({ type: "setTimer", id: timers.start, at: openAt });
    else io.effects.push({ type: "clearTimer", id: timers.start });
    return;
  }
  io.effects.push({ type: "setTimer", id: timers.end, at: endAt });
  openWindow(session, mcGroupId, io);
}

/** Forgets the session, if there is one, and closes its window. */
export function endSession(group: McGroup, mcGroupId: number, io: PackageIo): void {
  const { session } = group;
  if (session === undefined) return;
  group.session = undefined;
  io.persist({ type: "mcSession", mcGroupId });
  io.effects.push({ type: "clearTimer", id: timersOf(mcGroupId).start });
  closeWindow(session, mcGroupId, io);
  noteSession("ended", session, mcGroupId, io);
}

export function noteSession(
  state: McSessionNote,
  { periodicity }: Pick<McSession, "periodicity">,
  groupId: number,
  io: PackageIo,
): void {
  const note = { type: "mcSession", groupId, state } as const;
  const isClassC = periodicity === undefined;
  io.effects.push({ type: "note", note: isClassC ? note : { ...note, sessionClass: "B" } });
}

function openWindow(session: McSession, groupId: number, io: PackageIo): void {
  if (session.isOpen) return;
  session.isOpen = true;
  const { dlFrequencyHz: frequencyHz, dr, periodicity } = session;
  if (periodicity === undefined) {
    io.effects.push({ type: "startClassC", groupId, frequencyHz, dr });
  } else {
    io.effects.push({ type: "startClassB", groupId, frequencyHz, dr, periodicity });
  }
  noteSession("started", session, groupId, io);
}

function closeWindow(session: McSession, groupId: number, io: PackageIo): void {
  if (!session.isOpen) return;
  session.isOpen = false;
  io.effects.push({ type: "clearTimer", id: timersOf(groupId).end });
  const type = session.periodicity === undefined ? "stopClassC" : "stopClassB";
  io.effects.push({ type, groupId });
}
