/** From what is to be said to the bytes that say it, at the moment when they leave. */
import type { Activation } from "./activation.ts";
import type { Quirks } from "./config.ts";
import type { DeviceIo } from "./device-io.ts";
import { HEARTBEAT_PORT, HEARTBEAT_STATES, heartbeatUplink } from "./heartbeat.wire.ts";
import type { Remembered } from "./memory.ts";
import type { Saying } from "./outbox.ts";
import type { PackageConfigs } from "./package-configs.ts";
import { buildAppTimeReq, buildPeriodicityAns } from "./packages/clock-sync.ts";
import { CLOCK_SYNC_PORT } from "./packages/clock-sync.wire.ts";
import { buildRebootTimeAns } from "./packages/firmware-management.ts";
import { FIRMWARE_MANAGEMENT_PORT } from "./packages/firmware-management.wire.ts";
import { buildFragReceivedReq, buildFragStatusAns } from "./packages/frag-answers.ts";
import { type FragmentationState, missingOf, newestSession } from "./packages/frag-session.ts";
import { countReceivedReq } from "./packages/frag-timers.ts";
import { FRAG_PORT } from "./packages/fragmentation.wire.ts";
import { buildMcGroupStatusAns, buildMcSessionAns } from "./packages/multicast-answers.ts";
import { MULTICAST_SETUP_PORT } from "./packages/multicast-setup.wire.ts";
import type { Uplinks } from "./uplinks.ts";

export interface SpeechParts {
  readonly uplinks: Uplinks;
  readonly activation: Activation;
  readonly state: Remembered;
  readonly packages: PackageConfigs;
  readonly quirks: Pick<Quirks, "aggregateAnswers" | "answerBytesMax">;
}

interface Uplink {
  readonly fPort: number;
  readonly payload: Uint8Array;
}

/** Room that any of them may need; a McGroupStatusAns takes what there is. */
const BUILT_BYTES_MAX = 6;

/** What leaves now: never more than fits, and a heartbeat when nothing else does. */
export function buildUplink(parts: SpeechParts, payloadMaxBytes: number, io: DeviceIo): Uplink {
  const saying = parts.uplinks.take(io);
  const { aggregateAnswers, answerBytesMax = payloadMaxBytes } = parts.quirks;
  const payload = build(saying, parts, Math.min(answerBytesMax, payloadMaxBytes), io);
  if (payload === undefined || payload.length > payloadMaxBytes) {
    const heartbeat = buildHeartbeat(parts.state.fragmentation, io);
    const fitting = heartbeat.length > payloadMaxBytes ? new Uint8Array(0) : heartbeat;
    return { fPort: HEARTBEAT_PORT, payload: fitting };
  }
  const fPort = portOf(saying);
  if (!aggregateAnswers || fPort === HEARTBEAT_PORT) return { fPort, payload };
  return { fPort, payload: withMore(payload, fPort, parts, payloadMaxBytes, io) };
}

/**
 * What comes next for that port goes along while it fits in the frame. What is too long for the
 * buffer of its package is not said at all.
 */
function withMore(
  first: Uint8Array,
  fPort: number,
  parts: SpeechParts,
  payloadMaxBytes: number,
  io: DeviceIo,
): Uint8Array {
  const { uplinks, quirks } = parts;
  const bufferBytes = quirks.answerBytesMax ?? Number.POSITIVE_INFINITY;
  let said = first;
  for (;;) {
    const { next } = uplinks;
    if (next === undefined || portOf(next) !== fPort) return said;
    const needed = next.type === "answer" ? next.payload.length : BUILT_BYTES_MAX;
    const isTooLong = said.length + needed > bufferBytes;
    if (!isTooLong && said.length + needed > payloadMaxBytes) return said;
    uplinks.drop();
    const roomBytes = Math.min(bufferBytes, payloadMaxBytes) - said.length;
    const more = isTooLong ? undefined : build(next, parts, roomBytes, io);
    if (more !== undefined) said = Uint8Array.of(...said, ...more);
  }
}

function portOf(saying: Saying): number {
  switch (saying.type) {
    case "answer":
      return saying.fPort;
    case "heartbeat":
      return HEARTBEAT_PORT;
    case "appTimeReq":
    case "periodicityAns":
      return CLOCK_SYNC_PORT;
    case "mcSessionAns":
    case "mcGroupStatusAns":
      return MULTICAST_SETUP_PORT;
    case "rebootTimeAns":
      return FIRMWARE_MANAGEMENT_PORT;
    case "fragStatusAns":
    case "fragReceivedReq":
      return FRAG_PORT;
    default:
      return saying satisfies never;
  }
}

function build(
  saying: Saying,
  parts: SpeechParts,
  payloadMaxBytes: number,
  io: DeviceIo,
): Uint8Array | undefined {
  const { state, packages } = parts;
  switch (saying.type) {
    case "answer":
      return saying.payload;
    case "heartbeat":
      return buildHeartbeat(state.fragmentation, io);
    case "appTimeReq":
      return buildAppTimeReq(state.clockSync, packages.clockSync, io);
    case "periodicityAns":
      return buildPeriodicityAns(io);
    case "mcSessionAns":
      return buildMcSessionAns(saying, packages.multicastSetup, io);
    case "mcGroupStatusAns":
      return buildMcGroupStatusAns(state.multicast, saying.reqGroupMask, payloadMaxBytes);
    case "rebootTimeAns":
      return buildRebootTimeAns(saying.rebootGps, io);
    case "fragStatusAns":
      return buildStatus(saying.fragIndex, parts);
    case "fragReceivedReq":
      return buildReceivedReq(saying.fragIndex, state.fragmentation, io);
    default:
      return saying satisfies never;
  }
}

function buildStatus(fragIndex: number, parts: SpeechParts): Uint8Array | undefined {
  const { fragmentation } = parts.state;
  const session = fragmentation.sessions[fragIndex];
  const payload = buildFragStatusAns(fragmentation, fragIndex, parts.packages.fragmentation);
  if (session === undefined || payload === undefined) return undefined;
  parts.activation.statusAnswered(session);
  parts.uplinks.statusAnswered();
  return payload;
}

function buildReceivedReq(
  fragIndex: number,
  { sessions }: FragmentationState,
  io: DeviceIo,
): Uint8Array | undefined {
  const session = sessions[fragIndex];
  if (session === undefined || session.receivedReqsLeft === 0) return undefined;
  const payload = buildFragReceivedReq(session);
  countReceivedReq(session, io);
  return payload;
}

function buildHeartbeat(fragmentation: FragmentationState, io: DeviceIo): Uint8Array {
  const session = newestSession(fragmentation);
  const phase = session === undefined || session.phase === "ready" ? "idle" : session.phase;
  return heartbeatUplink.encode({
    name: "Heartbeat",
    state: {
      session: HEARTBEAT_STATES.indexOf(phase),
      clockSynced: io.clock.synced,
      trial: io.isTrial,
    },
    missing: session === undefined ? 0 : missingOf(session),
  });
}
