import type { FailureReason } from "#agent/events.ts";
import type { PersonaName } from "#scenarios/device-schema.ts";
import type { PullReason } from "#sim/pull/reason.ts";
import { hexOf } from "./firmware.ts";
import type { FleetNode } from "./node.ts";
import type { TimelineEntry } from "./notes.ts";
import type { Member } from "./spawn.ts";

export type DeviceState = "updated" | "failed" | "rolledBack" | "bricked" | "neverReached";

export interface DeviceResult {
  readonly id: number;
  readonly devEui: string;
  readonly kind: string;
  /** The stack that it behaves like. */
  readonly persona: PersonaName;
  readonly cell: number;
  readonly state: DeviceState;
  readonly bootedVersion: string;
  readonly bootedSha256: string;
  readonly fragments: {
    readonly received: number;
    /** On the air while the device listened, but lost to it. */
    readonly lost: number;
    readonly coded: number;
    /** Fragments that the decoder took beyond NbFrag until it was complete. */
    readonly beyondM: number;
  };
  readonly energyJ: number;
  /** Until the block was complete. */
  readonly energyToCompleteJ: number | null;
  readonly reason: FailureReason | PullReason | null;
  /** Independent rows that the decoder still lacks. */
  readonly missingRows: number;
  /** What the server believes. */
  readonly serverComplete: boolean;
  readonly serverError: string;
  readonly reboots: number;
  readonly powerCuts: number;
  /** Of a pulling device, which has no DevEUI, no fragments and no energy. */
  readonly pull?: PullFigures;
  readonly timeline: readonly TimelineEntry[];
}

export interface PullFigures {
  /** Given to it by the server, the ones that were lost on the way or given again among them. */
  readonly chunks: number;
  /** Both ways. */
  readonly messages: number;
  readonly lost: number;
}

export interface ServerView {
  readonly complete: boolean;
  readonly error: string;
}

export interface DeviceIdentity {
  readonly kind: string;
  readonly cell: number;
}

/** Reads the outcome off a device when its campaign is over. */
export function resultOf(
  { node, serverDevice, kind: { device } }: Member,
  identity: DeviceIdentity,
  server: ServerView,
): DeviceResult {
  const status = node.status();
  const session = status?.sessions.at(-1);
  const state = stateOf(node);
  const image = node.runningImage;
  return {
    id: node.id,
    devEui: hexOf(serverDevice.provisioned.devEui),
    ...identity,
    persona: device.persona,
    state,
    bootedVersion: image?.version ?? "",
    bootedSha256: image === undefined ? "" : hexOf(image.hash),
    fragments: {
      received: session?.received ?? 0,
      lost: node.observed.framesLost,
      coded: session?.coded ?? 0,
      beyondM: session?.beyondM ?? 0,
    },
    energyJ: joules(node.energyJ),
    energyToCompleteJ:
      node.observed.energyToCompleteJ === undefined
        ? null
        : joules(node.observed.energyToCompleteJ),
    reason: state === "updated" ? null : reasonOf(node, state),
    missingRows: session?.missing ?? 0,
    serverComplete: server.complete,
    serverError: server.error,
    reboots: node.reboots,
    powerCuts: node.powerCuts,
    timeline: node.timeline,
  };
}

function joules(exact: number): number {
  return Math.round(exact * 1e4) / 1e4;
}

function stateOf(node: FleetNode): DeviceState {
  if (node.bricked) return "bricked";
  if (node.updated) return "updated";
  const status = node.status();
  if (status === undefined) return "neverReached";
  const { lastReason } = status.boot;
  if (lastReason === "attemptsExhausted" || lastReason === "pendingInvalid") return "rolledBack";
  return status.sessions.length === 0 ? "neverReached" : "failed";
}

function reasonOf(node: FleetNode, state: DeviceState): FailureReason {
  if (state === "bricked") return "bricked";
  if (state === "rolledBack") return "rolledBack";
  const status = node.status();
  if (status === undefined || !status.joined) return "neverJoined";
  if (status.lastFailure !== undefined) return status.lastFailure;
  const session = status.sessions.at(-1);
  if (session === undefined) return node.observed.hasRefused ? "refusedSession" : "missedSetup";
  if (session.missing === 0) return "notActivated";
  if (session.received > 0) return "shortOfRows";
  return node.observed.knowsSession ? "lateStart" : "missedSetup";
}
