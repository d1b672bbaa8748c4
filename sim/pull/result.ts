import { hexOf } from "#sim/fleet/firmware.ts";
import type { DeviceResult, DeviceState } from "#sim/fleet/result.ts";
import type { PullMember } from "./cell.ts";
import { packageKindOf } from "./identity.ts";
import type { PullNode } from "./node.ts";
import type { PullReason } from "./reason.ts";

export interface PullIdentity {
  readonly id: number;
  readonly cell: number;
}

const NO_FRAGMENTS = { received: 0, lost: 0, coded: 0, beyondM: 0 };

/** Reads the outcome off a pulling device when its time is up. */
export function pullResultOf(member: PullMember, { id, cell }: PullIdentity): DeviceResult {
  const { node, pull, serverDevice, chunks } = member;
  const state = stateOf(node);
  const image = node.runningImage;
  return {
    id,
    devEui: "",
    kind: pull.name,
    persona: "reference",
    cell,
    state,
    bootedVersion: image?.version ?? "",
    bootedSha256: image === undefined ? "" : hexOf(image.hash),
    fragments: NO_FRAGMENTS,
    energyJ: 0,
    energyToCompleteJ: null,
    reason: state === "updated" ? null : reasonOf(node, state),
    missingRows: 0,
    serverComplete: isKnownUpdated(serverDevice, pull),
    serverError: serverErrorOf(serverDevice, pull),
    reboots: node.reboots,
    powerCuts: node.powerCuts,
    pull: { chunks, messages: node.link.messages, lost: node.link.lost },
    timeline: node.timeline.entries,
  };
}

/** The server was told so. */
export function isKnownUpdated(
  device: PullMember["serverDevice"],
  pull: PullMember["pull"],
): boolean {
  return told(device, `${packageKindOf(pull)}_state`) === "UPDATED";
}

const ERROR_LENGTH_MAX = 200;

function serverErrorOf(device: PullMember["serverDevice"], pull: PullMember["pull"]): string {
  const error = told(device, `${packageKindOf(pull)}_error`);
  return error === undefined ? "" : String(error).slice(0, ERROR_LENGTH_MAX);
}

function told({ telemetry }: PullMember["serverDevice"], key: string) {
  return telemetry.get(key)?.value;
}

function stateOf(node: PullNode): DeviceState {
  if (node.isBricked) return "bricked";
  if (node.isUpdated) return "updated";
  const lastReason = node.status()?.boot.lastReason;
  if (lastReason === "attemptsExhausted" || lastReason === "pendingInvalid") return "rolledBack";
  const { hasBegun, lastFailure } = node.observed;
  return hasBegun || lastFailure !== undefined ? "failed" : "neverReached";
}

function reasonOf({ observed }: PullNode, state: DeviceState): PullReason {
  if (state === "bricked") return "bricked";
  if (state === "rolledBack") return "rolledBack";
  if (observed.lastFailure !== undefined) return observed.lastFailure;
  if (observed.hasBegun) return "unfinished";
  if (observed.isDenied) return "denied";
  return observed.hasAnswer ? "notOffered" : "noAnswer";
}
