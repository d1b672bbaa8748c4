/** When the class C window of a multicast group is open. */
import type { McSessionNote } from "../events.ts";
import type { McGroup, McSession } from "./multicast-state.ts";
import type { PackageIo } from "./package-io.ts";

const S_US = 1_000_000;
/**
 * Longest TimeToStart on the wire, 194 days. A start beyond it means that the clock does not know
 * the time yet: it gets no timer, the correction of the clock will look at it again.
 */
export const TIME_TO_START_MAX_S = 0xff_ffff;

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
 * The window opens `openEarlyS` before the start and closes at the end of the session. While nobody
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
  const openAt = startAt - openEarlyS * S_US;
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
  noteSession("ended", mcGroupId, io);
}

export function noteSession(state: McSessionNote, groupId: number, io: PackageIo): void {
  io.effects.push({ type: "note", note: { type: "mcSession", groupId, state } });
}

function openWindow(session: McSession, groupId: number, io: PackageIo): void {
  if (session.isOpen) return;
  session.isOpen = true;
  const { dlFrequencyHz: frequencyHz, dr } = session;
  io.effects.push({ type: "startClassC", groupId, frequencyHz, dr });
  noteSession("started", groupId, io);
}

function closeWindow(session: McSession, groupId: number, io: PackageIo): void {
  if (!session.isOpen) return;
  session.isOpen = false;
  io.effects.push({ type: "clearTimer", id: timersOf(groupId).end });
  io.effects.push({ type: "stopClassC", groupId });
}
