/** What the first bytes of a block tell: refused by name before the rest of it costs anything. */
import { FlashFault } from "#hal/ports.ts";
import type { BlockRefusal, FragIo } from "./frag-io.ts";
import { type FragmentationState, type FragSession, spendSessionCnt } from "./frag-session.ts";

/** The header of a patch; that of an image is shorter. */
const START_BYTES = 88;

/**
 * To be asked before an uncoded fragment is stored: the session is over if what begins with it could
 * never be used. With the first fragment of the session that is before anything is erased.
 */
export function isRefusedByStart(
  state: FragmentationState,
  session: FragSession,
  n: number,
  data: Uint8Array,
  io: FragIo,
): boolean {
  const { nbFrag, fragSize } = session.setup;
  if ((n - 1) * fragSize >= START_BYTES || n > nbFrag) return false;
  const start = startOf(session, n - 1, data);
  const refusal = start && io.startRefusal(session, start);
  if (refusal === undefined) return false;
  refuse(state, session, refusal, io);
  return true;
}

/** The first bytes without a gap, this fragment among them; undefined if it adds none. */
function startOf({ setup, work }: FragSession, index: number, data: Uint8Array) {
  const { nbFrag, fragSize } = setup;
  const map = work?.staging.map;
  if (map?.has(index) === true) return undefined;
  if (index === 0 && fragSize >= START_BYTES) return data.subarray(0, START_BYTES);
  let count = 0;
  while (count < nbFrag && count * fragSize < START_BYTES) {
    if (count !== index && map?.has(count) !== true) break;
    count += 1;
  }
  if (count <= index) return undefined;
  const start = new Uint8Array(Math.max(count * fragSize, START_BYTES));
  try {
    if (count > 1) work?.staging.readStart(start.subarray(0, count * fragSize));
  } catch (error) {
    if (!(error instanceof FlashFault)) throw error;
    return undefined;
  }
  start.set(data, index * fragSize);
  return start.subarray(0, Math.min(count * fragSize, START_BYTES));
}

/** The bank is given up if it was opened; an image that waits in it is left alone if it was not. */
function refuse(
  state: FragmentationState,
  session: FragSession,
  { reason, detail }: BlockRefusal,
  io: FragIo,
): void {
  const { fragIndex } = session.setup;
  spendSessionCnt(state, session);
  const wasOpen = session.phase === "receiving";
  session.received += 1;
  session.phase = "failed";
  session.failure = reason;
  session.work = undefined;
  io.persist({ type: "fragVerdict", fragIndex });
  if (wasOpen) io.closePlace(session);
  io.effects.push({ type: "note", note: { type: "imageRefused", reason, detail } });
}
