import type { DownlinkSource } from "../events.ts";
import {
  answerVersion,
  deleteGroup,
  programGroup,
  programSession,
  setUpGroup,
} from "./multicast-commands.ts";
import { reviewSession } from "./multicast-session.ts";
import { type McDownlink, mcDownlink } from "./multicast-setup.wire.ts";
import type { MulticastSetupConfig, MulticastSetupState } from "./multicast-state.ts";
import type { PackageIo } from "./package-io.ts";

export type MulticastSetupEvent =
  /** First of a life, with the state that the journal kept. */
  | { readonly type: "boot" }
  /** `mcStart…` or `mcEnd…` of a group. */
  | { readonly type: "timer"; readonly mcGroupId: number }
  | { readonly type: "clockCorrected" }
  | {
      readonly type: "downlink";
      readonly payload: Uint8Array;
      readonly source: DownlinkSource;
    };

/**
 * Advances multicast setup by one event. Returns whether a session was programmed while nobody has
 * confirmed the clock: the device must synchronise now, or it will not know when to listen.
 */
export function stepMulticastSetup(
  state: MulticastSetupState,
  event: MulticastSetupEvent,
  config: MulticastSetupConfig,
  io: PackageIo,
): boolean {
  switch (event.type) {
    case "boot":
      restoreGroups(state, io);
      reviewGroups(state, config, io);
      return false;
    case "timer":
      reviewGroup(state, event.mcGroupId, config, io);
      return false;
    case "clockCorrected":
      reviewGroups(state, config, io);
      return false;
    case "downlink":
      return takeDownlink(state, event, config, io);
    default:
      return event satisfies never;
  }
}

/**
 * Whether a multicast frame has a counter that this context may see; if so, no frame up to it may
 * come again. The journal has to keep the counter together with what the frame brought.
 */
export function acceptMcFCnt(state: MulticastSetupState, mcGroupId: number, fCnt: number): boolean {
  const group = state.groups[mcGroupId];
  if (group === undefined) return false;
  if (fCnt < group.nextMcFCnt || fCnt >= group.maxMcFCnt) return false;
  group.nextMcFCnt = fCnt + 1;
  return true;
}

/** A modem forgets its contexts in a reset, and every window is closed after one. */
function restoreGroups({ groups }: MulticastSetupState, io: PackageIo): void {
  for (const [mcGroupId, group] of groups.entries()) {
    if (group === undefined) continue;
    if (group.session !== undefined) group.session.isOpen = false;
    programGroup(group, mcGroupId, io);
  }
}

function reviewGroups(
  state: MulticastSetupState,
  config: MulticastSetupConfig,
  io: PackageIo,
): void {
  for (const mcGroupId of state.groups.keys()) reviewGroup(state, mcGroupId, config, io);
}

function reviewGroup(
  { groups }: MulticastSetupState,
  mcGroupId: number,
  { openEarlyS }: MulticastSetupConfig,
  io: PackageIo,
): void {
  const group = groups[mcGroupId];
  if (group !== undefined) reviewSession(group, mcGroupId, openEarlyS, io);
}

/** TS005 has no command for a multicast address. */
function takeDownlink(
  state: MulticastSetupState,
  { payload, source }: Extract<MulticastSetupEvent, { type: "downlink" }>,
  config: MulticastSetupConfig,
  io: PackageIo,
): boolean {
  if (source.type === "multicast") return false;
  let isSyncNeeded = false;
  for (const decoded of mcDownlink.decode(payload)) {
    if (!decoded.ok) return isSyncNeeded;
    if (obey(state, decoded.command, config, io)) isSyncNeeded = true;
  }
  return isSyncNeeded;
}

function obey(
  state: MulticastSetupState,
  command: McDownlink,
  config: MulticastSetupConfig,
  io: PackageIo,
): boolean {
  switch (command.name) {
    case "PackageVersionReq":
      answerVersion(config, io);
      return false;
    case "McGroupStatusReq":
      io.say({ type: "mcGroupStatusAns", reqGroupMask: command.param.reqGroupMask });
      return false;
    case "McGroupSetupReq":
      setUpGroup(state, command, config, io);
      return false;
    case "McGroupDeleteReq":
      deleteGroup(state, command.header.mcGroupId, io);
      return false;
    case "McClassCSessionReq":
    case "McClassBSessionReq":
      return programSession(state, command, config, io);
    default:
      return command satisfies never;
  }
}
