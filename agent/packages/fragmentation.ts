import type { DownlinkSource } from "../events.ts";
import { answerUnknown, answerVersion } from "./frag-answers.ts";
import type { FragmentationConfig } from "./frag-config.ts";
import type { FragIo } from "./frag-io.ts";
import { type DataFragment, takeFragment } from "./frag-reception.ts";
import { type FragmentationState, type FragSession, missingOf } from "./frag-session.ts";
import { deleteSession, setUp } from "./frag-setup.ts";
import { blockAckDelayUs, fragTimers } from "./frag-timers.ts";
import { type FragDownlink, fragDownlinkV1, fragDownlinkV2 } from "./fragmentation.wire.ts";

export type FragmentationEvent =
  /** The delay of a status answer is over. */
  | { readonly type: "answerTimer"; readonly fragIndex: number }
  /** The next FragDataBlockReceivedReq is due. */
  | { readonly type: "receivedTimer"; readonly fragIndex: number }
  | {
      readonly type: "downlink";
      readonly payload: Uint8Array;
      readonly source: DownlinkSource;
    };

type StatusReq = Extract<FragDownlink, { name: "FragSessionStatusReq" }>;

const S_US = 1_000_000;

/**
 * Advances fragmentation by one event. Returns the session whose block this event completed, its
 * MIC checked and its end written to the journal.
 */
export function stepFragmentation(
  state: FragmentationState,
  event: FragmentationEvent,
  config: FragmentationConfig,
  io: FragIo,
): FragSession | undefined {
  switch (event.type) {
    case "downlink":
      return takeFragDownlink(state, event.payload, event.source, config, io);
    case "answerTimer":
      sayStatus(state, event.fragIndex, io);
      return undefined;
    case "receivedTimer":
      io.say({ type: "fragReceivedReq", fragIndex: event.fragIndex });
      return undefined;
    default:
      return event satisfies never;
  }
}

/**
 * The event that happens most, without an object for it. TS004 lets a multicast address carry
 * fragments and status requests, nothing else.
 */
export function takeFragDownlink(
  state: FragmentationState,
  payload: Uint8Array,
  source: DownlinkSource,
  config: FragmentationConfig,
  io: FragIo,
): FragSession | undefined {
  const set = config.version === 1 ? fragDownlinkV1 : fragDownlinkV2;
  const isMulticast = source.type === "multicast";
  const decoded = isMulticast ? set.decodeShared(payload) : set.decode(payload);
  for (let index = 0; index < decoded.length; index++) {
    const item = decoded[index];
    if (item === undefined || !item.ok) return undefined;
    const command: FragDownlink = item.command;
    if (command.name === "DataFragment") return takeFragment(state, command, source, config, io);
    if (command.name === "FragSessionStatusReq") takeStatusReq(state, command, source, config, io);
    else if (!isMulticast) obey(state, command, config, io);
  }
  return undefined;
}

function obey(
  state: FragmentationState,
  command: Exclude<FragDownlink, DataFragment | StatusReq>,
  config: FragmentationConfig,
  io: FragIo,
): void {
  switch (command.name) {
    case "PackageVersionReq":
      answerVersion(config, io);
      return;
    case "FragSessionSetupReq":
      setUp(state, command, config, io);
      return;
    case "FragSessionDeleteReq":
      deleteSession(state, command.param.fragIndex, io);
      return;
    case "FragDataBlockReceivedAns":
      settleReceived(state, command.param.fragIndex, io);
      return;
    default:
      command satisfies never;
  }
}

function takeStatusReq(
  state: FragmentationState,
  { param }: StatusReq,
  source: DownlinkSource,
  config: FragmentationConfig,
  io: FragIo,
): void {
  const { fragIndex, participants } = param;
  const session = state.sessions[fragIndex];
  if (session === undefined) {
    if (source.type === "unicast") answerUnknown(fragIndex, config, io);
    return;
  }
  if (!participants && missingOf(session) === 0) return;
  if (session.isAnswerDue) return;
  session.isAnswerDue = true;
  let delayUs = blockAckDelayUs(session.setup, io);
  const capS = config.unicastStatusDelayMaxS;
  if (source.type === "unicast" && capS !== undefined) delayUs = Math.min(delayUs, capS * S_US);
  io.effects.push({ type: "setTimer", id: fragTimers(fragIndex).answer, at: io.at + delayUs });
}

function sayStatus(state: FragmentationState, fragIndex: number, io: FragIo): void {
  const session = state.sessions[fragIndex];
  if (session === undefined || !session.isAnswerDue) return;
  session.isAnswerDue = false;
  io.say({ type: "fragStatusAns", fragIndex });
}

function settleReceived(state: FragmentationState, fragIndex: number, io: FragIo): void {
  const session = state.sessions[fragIndex];
  if (session === undefined || session.receivedReqsLeft === 0) return;
  session.receivedReqsLeft = 0;
  io.effects.push({ type: "clearTimer", id: fragTimers(fragIndex).received });
  io.persist({ type: "fragVerdict", fragIndex });
}
