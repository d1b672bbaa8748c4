/** From what is to be said to the bytes that say it, at the moment when they leave. */
import type { Activation } from "./activation.ts";
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
  /** Several answers for one port may share an uplink. */
  readonly aggregates: boolean;
}

interface Uplink {
  readonly fPort: number;
  readonly payload: Uint8Array;
}

/** What leaves now: never more than fits, and a heartbeat when nothing else does. */
export function buildUplink(parts: SpeechParts, payloadMaxBytes: number, io: DeviceIo): Uplink {
  const saying = parts.uplinks.take(io);
  const uplink = build(saying, parts, payloadMaxBytes, io);
  if (uplink === undefined || uplink.payload.length > payloadMaxBytes) {
    const payload = buildHeartbeat(parts.state.fragmentation, io);
    const fitting = payload.length > payloadMaxBytes ? new Uint8Array(0) : payload;
    return { fPort: HEARTBEAT_PORT, payload: fitting };
  }
  if (!parts.aggregates || saying.type !== "answer") return uplink;
  let { payload } = uplink;
  for (;;) {
    const more = parts.uplinks.takeAlso(uplink.fPort, payloadMaxBytes - payload.length);
    if (more === undefined) return { fPort: uplink.fPort, payload };
    payload = Uint8Array.of(...payload, ...more);
  }
}

function build(
  saying: Saying,
  parts: SpeechParts,
  payloadMaxBytes: number,
  io: DeviceIo,
): Uplink | undefined {
  const { state, packages } = parts;
  switch (saying.type) {
    case "answer":
      return saying;
    case "heartbeat":
      return { fPort: HEARTBEAT_PORT, payload: buildHeartbeat(state.fragmentation, io) };
    case "appTimeReq":
      return { fPort: CLOCK_SYNC_PORT, payload: buildAppTimeReq(state.clockSync, io) };
    case "periodicityAns":
      return { fPort: CLOCK_SYNC_PORT, payload: buildPeriodicityAns(io) };
    case "mcSessionAns": {
      const payload = buildMcSessionAns(saying, packages.multicastSetup, io);
      return { fPort: MULTICAST_SETUP_PORT, payload };
    }
    case "mcGroupStatusAns": {
      const { reqGroupMask } = saying;
      const payload = buildMcGroupStatusAns(state.multicast, reqGroupMask, payloadMaxBytes);
      return { fPort: MULTICAST_SETUP_PORT, payload };
    }
    case "rebootTimeAns": {
      const payload = buildRebootTimeAns(saying.rebootGps, io);
      return { fPort: FIRMWARE_MANAGEMENT_PORT, payload };
    }
    case "fragStatusAns":
      return buildStatus(saying.fragIndex, parts);
    case "fragReceivedReq":
      return buildReceivedReq(saying.fragIndex, state.fragmentation, io);
    default:
      return saying satisfies never;
  }
}

function buildStatus(fragIndex: number, parts: SpeechParts): Uplink | undefined {
  const { fragmentation } = parts.state;
  const session = fragmentation.sessions[fragIndex];
  const payload = buildFragStatusAns(fragmentation, fragIndex, parts.packages.fragmentation);
  if (session === undefined || payload === undefined) return undefined;
  parts.activation.statusAnswered(session);
  parts.uplinks.statusAnswered();
  return { fPort: FRAG_PORT, payload };
}

function buildReceivedReq(
  fragIndex: number,
  { sessions }: FragmentationState,
  io: DeviceIo,
): Uplink | undefined {
  const session = sessions[fragIndex];
  if (session === undefined || session.receivedReqsLeft === 0) return undefined;
  const payload = buildFragReceivedReq(session);
  countReceivedReq(session, io);
  return { fPort: FRAG_PORT, payload };
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
