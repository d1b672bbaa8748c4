import type { DownlinkSource } from "../events.ts";
import {
  CLOCK_SYNC_IDENTIFIER,
  CLOCK_SYNC_PORT,
  type ClockSyncDownlink,
  clockSyncDownlink,
  clockSyncUplink,
} from "./clock-sync.wire.ts";
import type { PackageIo } from "./package-io.ts";

export interface ClockSyncConfig {
  /** Of TS003. On the wire only PackageVersionAns differs. */
  readonly version: 1 | 2;
  readonly quirks?: ClockSyncQuirks | undefined;
}

/** Ways of other stacks. Left out: what is said below. */
export interface ClockSyncQuirks {
  /** Seconds between the requests of a forced resync, and how many more are drawn. */
  readonly resyncSpacingS?: readonly [fixed: number, below: number] | undefined;
  /** Requests of a forced resync beyond those asked for. */
  readonly resyncExtra?: number | undefined;
  /** An AppTimeAns with any token ends a forced resync. */
  readonly resyncEnds?: "anyAnswer" | undefined;
  /** Which saturated corrections are followed by another request. */
  readonly saturation?: "positive" | "never" | undefined;
}

export type ClockSyncEvent =
  /** `isAwaited`: something that the last life began waits for the time. */
  | { readonly type: "boot"; readonly isAwaited: boolean }
  | { readonly type: "joined" }
  | { readonly type: "timer" }
  /** Somebody needs the time now, for instance a session that is about to start. */
  | { readonly type: "syncRequired" }
  | {
      readonly type: "downlink";
      readonly payload: Uint8Array;
      readonly source: DownlinkSource;
    };

/** Plain data. Only `period` must survive a reboot. */
export interface ClockSyncState {
  /**
   * TokenReq of the next request: drawn at boot, moves on when an answer was used, not when a request
   * was sent.
   */
  token: number;
  /** A request with this token has left, so an answer to it may be used. */
  isAwaiting: boolean;
  /** Requests without an answer since the last answer that was used. */
  unanswered: number;
  /** Transmissions that a ForceDeviceResyncReq still asks for. */
  resyncsLeft: number;
  /** The first requests come without more and more time between them. */
  isHurried: boolean;
  /** Exponent of the last DeviceAppTimePeriodicityReq. */
  period: number | undefined;
}

export function newClockSyncState(period?: number): ClockSyncState {
  return { token: 0, isAwaiting: false, unanswered: 0, resyncsLeft: 0, isHurried: false, period };
}

type AppTimeAns = Extract<ClockSyncDownlink, { name: "AppTimeAns" }>;

const S_US = 1_000_000;
const PERIOD_UNIT_S = 128;
const PERIOD_JITTER_US = 30 * S_US;
/** Until a server asks for another: that of LoRa Basics Modem. */
const PERIOD_DEFAULT_S = 36 * 3600;
/** Room for the receive windows, and for servers that answer one uplink later. */
const RETRY_MIN_S = 30;
const RETRY_MAX_S = 3600;
/**
 * A device that lost the time in a power cut may be missing its class C window, and the gateway that
 * sends the fragments is often deaf. A fleet that joins has no such hurry, and would crowd the air.
 */
const HURRIED_REQUESTS = 4;
/** Between the transmissions of a forced resync; TS003 does not say. */
const RESYNC_SPACING_US = 10 * S_US;
const RESYNC_JITTER_US = 5 * S_US;

const CORRECTION_MAX_S = 2 ** 31 - 1;
const CORRECTION_MIN_S = -(2 ** 31);
const TOKENS = 16;

/**
 * Advances clock synchronisation by one event. Returns whether the clock was corrected, so that
 * whatever hangs on GPS time must be looked at again.
 *
 * A request is announced with `say` and built by {@link buildAppTimeReq} when the frame leaves.
 * The timer is armed in both places, so that a request that was never sent is repeated too.
 */
export function stepClockSync(
  state: ClockSyncState,
  event: ClockSyncEvent,
  config: ClockSyncConfig,
  io: PackageIo,
): boolean {
  switch (event.type) {
    case "boot":
      // An answer to the life before may still wait in the server's queue: its correction is not
      // for the clock of this one.
      state.token = io.entropy.below("clockToken", TOKENS);
      state.isHurried = event.isAwaited;
      if (io.clock.synced) armNext(state, config, io);
      return false;
    case "joined":
    case "syncRequired":
      if (!io.clock.synced) ask(state, config, io);
      return false;
    case "timer":
      ask(state, config, io);
      return false;
    case "downlink":
      return takeDownlink(state, event, config, io);
    default:
      return event satisfies never;
  }
}

/** The AppTimeReq that leaves at `io.at`. */
export function buildAppTimeReq(
  state: ClockSyncState,
  config: ClockSyncConfig,
  io: PackageIo,
): Uint8Array {
  const ansRequired = !io.clock.synced || state.resyncsLeft > 0;
  state.isAwaiting = true;
  state.unanswered += 1;
  if (state.resyncsLeft > 0) state.resyncsLeft -= 1;
  armNext(state, config, io);
  return clockSyncUplink.encode({
    name: "AppTimeReq",
    deviceTime: io.clock.gps(io.at),
    param: { tokenReq: state.token, ansRequired },
  });
}

/** The DeviceAppTimePeriodicityAns that leaves at `io.at`. */
export function buildPeriodicityAns(io: PackageIo): Uint8Array {
  return clockSyncUplink.encode({
    name: "DeviceAppTimePeriodicityAns",
    status: { notSupported: false },
    time: io.clock.gps(io.at),
  });
}

function takeDownlink(
  state: ClockSyncState,
  { payload, source }: Extract<ClockSyncEvent, { type: "downlink" }>,
  config: ClockSyncConfig,
  io: PackageIo,
): boolean {
  if (source.type === "multicast") return false;
  let isCorrected = false;
  for (const decoded of clockSyncDownlink.decode(payload)) {
    if (!decoded.ok) return isCorrected;
    if (obey(state, decoded.command, config, io)) isCorrected = true;
  }
  return isCorrected;
}

function obey(
  state: ClockSyncState,
  command: ClockSyncDownlink,
  config: ClockSyncConfig,
  io: PackageIo,
): boolean {
  switch (command.name) {
    case "PackageVersionReq":
      answerVersion(config, io);
      return false;
    case "AppTimeAns":
      return correct(state, command, config, io);
    case "DeviceAppTimePeriodicityReq":
      setPeriod(state, command.param.period, config, io);
      return false;
    case "ForceDeviceResyncReq":
      forceResync(state, command.param.nbTransmissions, config, io);
      return false;
    default:
      return command satisfies never;
  }
}

function answerVersion({ version }: ClockSyncConfig, io: PackageIo): void {
  const payload = clockSyncUplink.encode({
    name: "PackageVersionAns",
    packageIdentifier: CLOCK_SYNC_IDENTIFIER,
    packageVersion: version,
  });
  io.say({ type: "answer", fPort: CLOCK_SYNC_PORT, payload });
}

/** A correction at the end of its range may fall short: it is applied, and the server asked again. */
function correct(
  state: ClockSyncState,
  { timeCorrection: correctionS, param }: AppTimeAns,
  config: ClockSyncConfig,
  io: PackageIo,
): boolean {
  if (!state.isAwaiting || param.tokenAns !== state.token) {
    if (config.quirks?.resyncEnds === "anyAnswer") state.resyncsLeft = 0;
    return false;
  }
  state.token = (state.token + 1) % TOKENS;
  state.isAwaiting = false;
  state.unanswered = 0;
  io.clock.adjust(correctionS);
  if (mayFallShort(correctionS, config)) {
    io.clock.synced = false;
    ask(state, config, io);
    return true;
  }
  io.clock.synced = true;
  state.resyncsLeft = 0;
  armNext(state, config, io);
  const note = { type: "clockSynced", gps: io.clock.gps(io.at), correctionS } as const;
  io.effects.push({ type: "note", note });
  return true;
}

function mayFallShort(correctionS: number, { quirks }: ClockSyncConfig): boolean {
  if (correctionS === CORRECTION_MAX_S) return quirks?.saturation !== "never";
  return correctionS === CORRECTION_MIN_S && quirks?.saturation === undefined;
}

function setPeriod(
  state: ClockSyncState,
  period: number,
  config: ClockSyncConfig,
  io: PackageIo,
): void {
  state.period = period;
  io.persist({ type: "clockPeriod" });
  io.say({ type: "periodicityAns" });
  if (io.clock.synced && state.resyncsLeft === 0) armNext(state, config, io);
}

/** What 0 transmissions mean is not said anywhere: they change nothing. */
function forceResync(
  state: ClockSyncState,
  nbTransmissions: number,
  config: ClockSyncConfig,
  io: PackageIo,
): void {
  if (nbTransmissions === 0) return;
  state.resyncsLeft = nbTransmissions + (config.quirks?.resyncExtra ?? 0);
  ask(state, config, io);
}

function ask(state: ClockSyncState, config: ClockSyncConfig, io: PackageIo): void {
  io.say({ type: "appTimeReq" });
  armNext(state, config, io);
}

function armNext(state: ClockSyncState, config: ClockSyncConfig, io: PackageIo): void {
  const delayUs = nextDelayUs(state, config, io);
  io.effects.push({ type: "setTimer", id: "clockSync", at: io.at + delayUs });
}

function nextDelayUs(
  state: ClockSyncState,
  { quirks }: ClockSyncConfig,
  { clock, entropy }: PackageIo,
): number {
  if (state.resyncsLeft > 0) {
    if (quirks?.resyncSpacingS === undefined) {
      return RESYNC_SPACING_US + entropy.below("clockResync", RESYNC_JITTER_US);
    }
    const [fixedS, belowS] = quirks.resyncSpacingS;
    return (fixedS + entropy.below("clockResync", belowS)) * S_US;
  }
  if (clock.synced) {
    const period = state.period;
    const periodS = period === undefined ? PERIOD_DEFAULT_S : PERIOD_UNIT_S * 2 ** period;
    const jitterUs = entropy.below("clockPeriod", 2 * PERIOD_JITTER_US + 1) - PERIOD_JITTER_US;
    return periodS * S_US + jitterUs;
  }
  const evenlySpaced = state.isHurried ? HURRIED_REQUESTS : 1;
  const doublings = Math.max(state.unanswered - evenlySpaced, 0);
  const backOffS = Math.min(RETRY_MIN_S * 2 ** doublings, RETRY_MAX_S);
  return backOffS * S_US + entropy.below("clockRetry", (backOffS * S_US) / 2);
}
