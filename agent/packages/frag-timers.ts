import type { FragSession, FragSetup } from "./frag-session.ts";
import type { PackageIo } from "./package-io.ts";

const S_US = 1_000_000;
/** Between two FragDataBlockReceivedReq, besides the random delay. */
const RECEIVED_SPACING_US = 10 * S_US;
const fragIndices = [0, 1, 2, 3] as const;

export function fragTimers(fragIndex: number) {
  const index = fragIndices[fragIndex];
  if (index === undefined) throw new RangeError(`FragIndex ${fragIndex}`);
  return { answer: `fragAnswer${index}`, received: `fragReceived${index}` } as const;
}

/** Uniform in [0, 2^(BlockAckDelay + 4)) seconds. */
export function blockAckDelayUs({ blockAckDelay }: FragSetup, io: PackageIo): number {
  return io.entropy.below("blockAckDelay", 2 ** (blockAckDelay + 4) * S_US);
}

/** When the block is complete, and after a reset if some requests were left. */
export function armReceivedReq(session: FragSession, io: PackageIo): void {
  if (session.receivedReqsLeft > 0) arm(session, 0, io);
}

/** To be called when a FragDataBlockReceivedReq leaves: the next one follows after a while. */
export function countReceivedReq(session: FragSession, io: PackageIo): void {
  session.receivedReqsLeft = Math.max(0, session.receivedReqsLeft - 1);
  if (session.receivedReqsLeft > 0) arm(session, RECEIVED_SPACING_US, io);
  else io.persist({ type: "fragVerdict", fragIndex: session.setup.fragIndex });
}

function arm({ setup }: FragSession, spacingUs: number, io: PackageIo): void {
  const at = io.at + spacingUs + blockAckDelayUs(setup, io);
  io.effects.push({ type: "setTimer", id: fragTimers(setup.fragIndex).received, at });
}

/** For a session that is gone. */
export function stopAnswers({ setup }: FragSession, io: PackageIo): void {
  const timers = fragTimers(setup.fragIndex);
  io.effects.push({ type: "clearTimer", id: timers.answer });
  io.effects.push({ type: "clearTimer", id: timers.received });
}
