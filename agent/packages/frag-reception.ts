/** DataFragment: from the radio to flash, and what follows when the block is complete. */
import { FlashFault } from "#hal/ports.ts";
import type { DownlinkSource } from "../events.ts";
import { JournalFull } from "../journal/journal.ts";
import { dataBlockIntKey, dataBlockMic } from "../keys/data-block.ts";
import type { FragmentationConfig } from "./frag-config.ts";
import type { FragIo } from "./frag-io.ts";
import { type FragmentationState, type FragSession, spendSessionCnt } from "./frag-session.ts";
import { isRefusedByStart } from "./frag-start.ts";
import { armReceivedReq } from "./frag-timers.ts";
import type { FragDownlink } from "./fragmentation.wire.ts";

export type DataFragment = Extract<FragDownlink, { name: "DataFragment" }>;

const RECEIVED_REQS_MAX = 3;

/**
 * After a reset, once for each session that was receiving: finishes what power interrupted. Returns
 * whether that completed the block.
 */
export function resumeSession(
  state: FragmentationState,
  session: FragSession,
  config: FragmentationConfig,
  io: FragIo,
): FragSession | undefined {
  const { work, setup } = session;
  if (work === undefined) return undefined;
  const { fragIndex } = setup;
  const note = { type: "resumed", fragIndex, received: session.received } as const;
  io.effects.push({ type: "note", note });
  try {
    if (!io.openPlace(session)) {
      state.sessions[fragIndex] = undefined;
      return undefined;
    }
    work.staging.resume();
    if (!work.decoder.resume()) return undefined;
    finish(session, config, io);
  } catch (error) {
    failStorage(session, error, io);
    return undefined;
  }
  return session;
}

export function takeFragment(
  state: FragmentationState,
  { indexAndN, data }: DataFragment,
  source: DownlinkSource,
  config: FragmentationConfig,
  io: FragIo,
): FragSession | undefined {
  const session = state.sessions[indexAndN.fragIndex];
  if (session === undefined || session.phase === "complete") return undefined;
  const { setup } = session;
  if (session.phase === "failed") return undefined;
  if (indexAndN.n === 0 || data.length !== setup.fragSize) return undefined;
  if (source.type === "multicast" && ((setup.mcGroupBitMask >> source.groupId) & 1) === 0) {
    return undefined;
  }
  try {
    if (isRefusedByStart(state, session, indexAndN.n, data, io)) return undefined;
    if (session.phase === "ready" && !begin(state, session, io)) return undefined;
    return storeFragment(session, indexAndN.n, data, source, config, io);
  } catch (error) {
    failStorage(session, error, io);
    return undefined;
  }
}

function begin(state: FragmentationState, session: FragSession, io: FragIo): boolean {
  if (!io.openPlace(session)) return false;
  session.work = io.openWork(session);
  session.phase = "receiving";
  spendSessionCnt(state, session);
  return true;
}

function storeFragment(
  session: FragSession,
  n: number,
  data: Uint8Array,
  source: DownlinkSource,
  config: FragmentationConfig,
  io: FragIo,
): FragSession | undefined {
  const { work, setup } = session;
  if (work === undefined) return undefined;
  work.log.begin(n, source);
  const result = work.decoder.accept(n, data);
  work.log.end();
  session.received += 1;
  if (n > setup.nbFrag) session.coded += 1;
  if (result !== "complete") return undefined;
  finish(session, config, io);
  return session;
}

/** The flash does not do what it should: the session is over, the running image is untouched. */
function failStorage(session: FragSession, error: unknown, io: FragIo): void {
  if (!(error instanceof FlashFault || error instanceof JournalFull)) throw error;
  session.phase = "failed";
  session.failure = "storage";
  session.work = undefined;
  const { fragIndex } = session.setup;
  const note = { type: "fragFailed", fragIndex, reason: "storage" } as const;
  io.effects.push({ type: "note", note });
  io.persist({ type: "fragVerdict", fragIndex });
}

function finish(session: FragSession, config: FragmentationConfig, io: FragIo): void {
  const { setup, work } = session;
  if (work === undefined) return;
  const { fragIndex } = setup;
  work.staging.eraseRest();
  session.micError = config.version === 2 && !isMicRight(session, config, io);
  session.phase = "complete";
  session.beyondM = Math.max(0, session.received - setup.nbFrag);
  if (session.micError) session.failure = work.decoder.inconsistent ? "wrongVariant" : "mic";
  session.receivedReqsLeft = setup.ackReception ? RECEIVED_REQS_MAX : 0;
  io.persist({ type: "fragVerdict", fragIndex });
  const note = { type: "fragComplete", fragIndex, received: session.received } as const;
  io.effects.push({ type: "note", note });
  if (session.failure !== undefined) {
    const failed = { type: "fragFailed", fragIndex, reason: session.failure } as const;
    io.effects.push({ type: "note", note: failed });
  }
  armReceivedReq(session, io);
}

function isMicRight({ setup, work }: FragSession, config: FragmentationConfig, io: FragIo) {
  if (work === undefined) return false;
  const { sessionCnt, fragIndex, descriptor, mic } = setup;
  const sizeBytes = work.staging.map.dataBytes;
  const key = dataBlockIntKey(config.rootSecret, io.crypto);
  const block = { sessionCnt, fragIndex, descriptor, sizeBytes };
  const digest = dataBlockMic(key, block, io.crypto);
  work.staging.feed(digest);
  const computed = digest.digest();
  return mic.every((byte, index) => byte === computed[index]);
}
