import type { GpsSeconds, UptimeUs } from "#hal/ports.ts";
import { gpsDistanceS } from "../clock.ts";
import type { DownlinkSource } from "../events.ts";
import {
  FIRMWARE_MANAGEMENT_IDENTIFIER,
  FIRMWARE_MANAGEMENT_PORT,
  type FwDownlink,
  type FwUplink,
  fwDownlink,
  fwUplink,
  IMAGE_VALID,
} from "./firmware-management.wire.ts";
import type { PackageIo } from "./package-io.ts";

export interface FirmwareManagementConfig {
  /** Of the running image, and of the board; 32 bits each, as the vendor likes. */
  readonly fwVersion: number;
  readonly hwVersion: number;
}

/** What waits in the other bank. */
export interface ImageSlotQuery {
  /** UpImageStatus: none, corrupt or badly signed, for other hardware, valid. */
  readonly status: 0 | 1 | 2 | 3;
  /** Of a valid image, in the terms of {@link FirmwareManagementConfig.fwVersion}. */
  readonly version: number;
}

export interface FirmwareManagementIo extends PackageIo {
  queryImage(): ImageSlotQuery;
  /** Called for a valid image only. */
  deleteImage(): void;
}

export type FirmwareManagementEvent =
  /** `reboot` */
  | { readonly type: "timer" }
  | { readonly type: "clockCorrected" }
  | {
      readonly type: "downlink";
      readonly payload: Uint8Array;
      readonly source: DownlinkSource;
    };

/** Plain data, which a reboot fulfils. */
export interface FirmwareManagementState {
  /** There is only one: a new command replaces it. */
  reboot:
    | { readonly type: "none" }
    | { readonly type: "time"; readonly gps: GpsSeconds }
    | { readonly type: "countdown"; readonly at: UptimeUs };
}

export function newFirmwareManagementState(): FirmwareManagementState {
  return { reboot: { type: "none" } };
}

const S_US = 1_000_000;
const TIME_CANCEL = 0xffff_ffff;
const COUNTDOWN_CANCEL = 0xff_ffff;

/** Advances firmware management by one event. A due reboot is the effect of that name. */
export function stepFirmwareManagement(
  state: FirmwareManagementState,
  event: FirmwareManagementEvent,
  config: FirmwareManagementConfig,
  io: FirmwareManagementIo,
): void {
  switch (event.type) {
    case "timer":
    case "clockCorrected":
      reviewReboot(state, io);
      break;
    case "downlink":
      takeDownlink(state, event, config, io);
      break;
    default:
      event satisfies never;
  }
}

/** The DevRebootTimeAns that leaves at `io.at`: seconds that are left, not the time asked for. */
export function buildRebootTimeAns(rebootGps: GpsSeconds, { clock, at }: PackageIo): Uint8Array {
  const leftS = Math.max(gpsDistanceS(clock.gps(at), rebootGps), 0);
  return fwUplink.encode({ name: "DevRebootTimeAns", rebootTime: leftS });
}

/** TS006 has no command for a multicast address. */
function takeDownlink(
  state: FirmwareManagementState,
  { payload, source }: Extract<FirmwareManagementEvent, { type: "downlink" }>,
  config: FirmwareManagementConfig,
  io: FirmwareManagementIo,
): void {
  if (source.type === "multicast") return;
  for (const decoded of fwDownlink.decode(payload)) {
    if (!decoded.ok) return;
    obey(state, decoded.command, config, io);
  }
}

function obey(
  state: FirmwareManagementState,
  command: FwDownlink,
  { fwVersion, hwVersion }: FirmwareManagementConfig,
  io: FirmwareManagementIo,
): void {
  switch (command.name) {
    case "PackageVersionReq":
      answerVersion(io);
      break;
    case "DevVersionReq":
      answer({ name: "DevVersionAns", fwVersion, hwVersion }, io);
      break;
    case "DevRebootTimeReq":
      rebootAt(state, command.rebootTime, io);
      break;
    case "DevRebootCountdownReq":
      rebootIn(state, command.countdown, io);
      break;
    case "DevUpgradeImageReq":
      answerImage(io);
      break;
    case "DevDeleteImageReq":
      deleteImage(command.firmwareToDeleteVersion, io);
      break;
    default:
      command satisfies never;
  }
}

function answerVersion(io: PackageIo): void {
  const packageIdentifier = FIRMWARE_MANAGEMENT_IDENTIFIER;
  answer({ name: "PackageVersionAns", packageIdentifier, packageVersion: 1 }, io);
}

/** A time that cannot be kept changes nothing. */
function rebootAt(state: FirmwareManagementState, rebootGps: GpsSeconds, io: PackageIo): void {
  if (rebootGps === 0) {
    rebootNow(state, io);
  } else if (rebootGps === TIME_CANCEL) {
    cancel(state, io);
    answer({ name: "DevRebootTimeAns", rebootTime: TIME_CANCEL }, io);
  } else if (!io.clock.synced || gpsDistanceS(io.clock.gps(io.at), rebootGps) <= 0) {
    answer({ name: "DevRebootTimeAns", rebootTime: 0 }, io);
  } else {
    state.reboot = { type: "time", gps: rebootGps };
    reviewReboot(state, io);
    io.say({ type: "rebootTimeAns", rebootGps });
  }
}

function rebootIn(state: FirmwareManagementState, countdownS: number, io: PackageIo): void {
  if (countdownS === 0) {
    rebootNow(state, io);
    return;
  }
  if (countdownS === COUNTDOWN_CANCEL) {
    cancel(state, io);
  } else {
    state.reboot = { type: "countdown", at: io.at + countdownS * S_US };
    reviewReboot(state, io);
  }
  answer({ name: "DevRebootCountdownAns", countdown: countdownS }, io);
}

/** Neither has an answer: the device is gone before it could give one. */
function rebootNow(state: FirmwareManagementState, io: PackageIo): void {
  state.reboot = { type: "none" };
  io.effects.push({ type: "reboot", reason: "command" });
}

function cancel(state: FirmwareManagementState, io: PackageIo): void {
  state.reboot = { type: "none" };
  io.effects.push({ type: "clearTimer", id: "reboot" });
}

/** Reboots if it is time, else arms the timer for what the clock says now. */
function reviewReboot(state: FirmwareManagementState, io: PackageIo): void {
  const { reboot } = state;
  if (reboot.type === "none") return;
  const at = reboot.type === "time" ? io.clock.uptimeOf(reboot.gps, io.at) : reboot.at;
  if (at <= io.at) rebootNow(state, io);
  else io.effects.push({ type: "setTimer", id: "reboot", at });
}

function answerImage(io: FirmwareManagementIo): void {
  const { status, version } = io.queryImage();
  const head = { name: "DevUpgradeImageAns", status: { upImageStatus: status } } as const;
  answer(status === IMAGE_VALID ? { ...head, nextFirmwareVersion: version } : head, io);
}

function deleteImage(versionToDelete: number, io: FirmwareManagementIo): void {
  const { status, version } = io.queryImage();
  const errorNoValidImage = status !== IMAGE_VALID;
  const errorInvalidVersion = !errorNoValidImage && version !== versionToDelete;
  if (!errorNoValidImage && !errorInvalidVersion) io.deleteImage();
  answer({ name: "DevDeleteImageAns", status: { errorNoValidImage, errorInvalidVersion } }, io);
}

function answer(command: FwUplink, io: PackageIo): void {
  const payload = fwUplink.encode(command);
  io.say({ type: "answer", fPort: FIRMWARE_MANAGEMENT_PORT, payload });
}
