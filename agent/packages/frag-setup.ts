/** FragSessionSetupReq and FragSessionDeleteReq. */
import { DATA_BLOCK_MIC_BYTES } from "../keys/data-block.ts";
import { answerSetup, say } from "./frag-answers.ts";
import type { FragmentationConfig } from "./frag-config.ts";
import type { FragIo } from "./frag-io.ts";
import { type FragmentationState, type FragSetup, newFragSession } from "./frag-session.ts";
import { stopAnswers } from "./frag-timers.ts";
import type { FragDownlinkV1, FragDownlinkV2 } from "./fragmentation.wire.ts";

type SetupReqV2 = Extract<FragDownlinkV2, { name: "FragSessionSetupReq" }>;
export type SetupReq = SetupReqV2 | Extract<FragDownlinkV1, { name: "FragSessionSetupReq" }>;

const FRAG_ALGO = 0;
const NB_FRAG_MAX = 2 ** 14 - 1;

/** An accepted set-up replaces whatever the index had; a refused one changes nothing. */
export function setUp(
  state: FragmentationState,
  command: SetupReq,
  config: FragmentationConfig,
  io: FragIo,
): void {
  const setup = setupOf(command);
  const { fragIndex } = setup;
  const placeIndex = isSensible(setup) ? io.placeFor(fragIndex, setup) : undefined;
  const errors = {
    encodingUnsupported: command.control.fragAlgo !== FRAG_ALGO,
    notEnoughMemory: placeIndex === undefined,
    fragIndexUnsupported: false,
    wrongDescriptor: !isAcceptable(setup.descriptor, config),
    sessionCntReplay:
      setup.sessionCnt >= 0 && setup.sessionCnt <= (state.sessionCntPrev[fragIndex] ?? -1),
  };
  const isRefused = Object.values(errors).includes(true);
  if (placeIndex !== undefined && !isRefused) {
    const former = state.sessions[fragIndex];
    if (former !== undefined) stopAnswers(former, io);
    state.setupCount += 1;
    const session = newFragSession(setup, placeIndex, io.nextUpdateId(), state.setupCount);
    state.sessions[fragIndex] = session;
    io.persist({ type: "fragSetup", fragIndex });
  }
  answerSetup(fragIndex, errors, config, io);
}

function setupOf(command: SetupReq): FragSetup {
  const { session, nbFrag, fragSize, control, padding, descriptor } = command;
  const isV2 = "sessionCnt" in command;
  return {
    fragIndex: session.fragIndex,
    mcGroupBitMask: session.mcGroupBitMask,
    nbFrag,
    fragSize,
    blockAckDelay: control.blockAckDelay,
    ackReception: "ackReception" in control && control.ackReception,
    padding,
    descriptor: descriptor.slice(),
    sessionCnt: isV2 ? command.sessionCnt : -1,
    mic: isV2 ? command.mic.slice() : new Uint8Array(DATA_BLOCK_MIC_BYTES),
  };
}

/** TS004 has no error bit for nonsense; such a session counts as one that no memory can hold. */
function isSensible({ nbFrag, fragSize, padding }: FragSetup): boolean {
  return nbFrag >= 1 && nbFrag <= NB_FRAG_MAX && fragSize >= 1 && padding < nbFrag * fragSize;
}

function isAcceptable(descriptor: Uint8Array, { descriptors }: FragmentationConfig): boolean {
  if (descriptors === undefined) return true;
  return descriptors.some((known) => known.every((byte, index) => byte === descriptor[index]));
}

export function deleteSession(state: FragmentationState, fragIndex: number, io: FragIo): void {
  const session = state.sessions[fragIndex];
  if (session !== undefined) {
    stopAnswers(session, io);
    state.sessions[fragIndex] = undefined;
    io.persist({ type: "fragSetup", fragIndex });
  }
  const status = { fragIndex, sessionDoesNotExist: session === undefined };
  say({ name: "FragSessionDeleteAns", status }, io);
}
