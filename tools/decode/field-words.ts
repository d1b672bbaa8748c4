/** What the value of a field means. */
import { HEARTBEAT_STATES } from "#agent/heartbeat.wire.ts";

type Words = (value: number) => string;

const GPS_EPOCH_UNIX_S = 315_964_800;
const LEAP_SECONDS = 18;

const hexOf = (digits: number) => (value: number) =>
  `0x${value.toString(16).toUpperCase().padStart(digits, "0")}`;

const utc: Words = (gps) => {
  const unixS = gps + GPS_EPOCH_UNIX_S - LEAP_SECONDS;
  return new Date(1000 * unixS).toISOString().replace(".000", "");
};

const seconds: Words = (value) => `${value} s`;
const bytes: Words = (value) => `${value} bytes`;

const bitsOf: Words = (mask) => {
  const set = [0, 1, 2, 3].filter((bit) => ((mask >> bit) & 1) === 1);
  return set.length === 0 ? "none" : `group ${set.join(", ")}`;
};

const IMAGE_STATUS = ["none", "corrupt, or a bad signature", "for other hardware", "valid"];
const PACKAGES = ["TS007", "TS003", "TS005", "TS004", "TS006"];

const rebootTime: Words = (value) => {
  if (value === 0) return "at once";
  return value === 0xffff_ffff ? "cancel" : utc(value);
};
const rebootLeft: Words = (value) => {
  if (value === 0) return "not programmed";
  return value === 0xffff_ffff ? "cancelled" : `in ${value} s`;
};

/** By `command.field`, or else by `field`. */
const NUMBER_WORDS: Readonly<Record<string, Words>> = {
  "Heartbeat.session": (value) => HEARTBEAT_STATES[value] ?? "",

  packageIdentifier: (value) => PACKAGES[value] ?? "unknown",

  deviceTime: utc,
  time: utc,
  timeCorrection: seconds,
  period: (value) => `every ${128 * 2 ** value} s`,
  nbTransmissions: (value) => (value === 0 ? "nothing" : `up to ${value} requests`),

  reqGroupMask: bitsOf,
  ansGroupMask: bitsOf,
  mcAddr: hexOf(8),
  sessionTime: utc,
  "McClassCSessionReq.timeOut": (value) => `lasts ${2 ** value} s`,
  "McClassBSessionReq.timeOut": (value) => `lasts ${128 * 2 ** value} s`,
  periodicity: (value) => `${2 ** (7 - value)} ping slots per beacon period`,
  dlFrequencyHz: (value) => (value === 0 ? "default of the region" : `${value / 1e6} MHz`),
  reservedErrors: (value) => (value === 0 ? "" : "an error that 2.0.0 does not name"),
  timeToStart: (value) =>
    value === 0xff_ffff ? "194 days or more: is the clock set?" : `starts in ${value} s`,

  mcGroupBitMask: (mask) => (mask === 0 ? "unicast only" : `${bitsOf(mask)}, and unicast`),
  fragSize: bytes,
  padding: bytes,
  blockAckDelay: (value) => `answers within ${2 ** (value + 4)} s`,
  fragAlgo: (value) => (value === 0 ? "the code of TS004" : "not defined"),
  missingFrag: (value) => (value === 255 ? "255 or more" : ""),

  fwVersion: hexOf(8),
  hwVersion: hexOf(8),
  nextFirmwareVersion: hexOf(8),
  firmwareToDeleteVersion: hexOf(8),
  upImageStatus: (value) => IMAGE_STATUS[value] ?? "",
  "DevRebootTimeReq.rebootTime": rebootTime,
  "DevRebootTimeAns.rebootTime": rebootLeft,
  countdown: (value) => {
    if (value === 0) return "at once";
    return value === 0xff_ffff ? "cancel" : `in ${value} s`;
  },
};

/** What it means that a flag is set. */
const FLAG_WORDS: Readonly<Record<string, string>> = {
  ansRequired: "an answer is wanted even if the clock is right",
  notSupported: "the period cannot be kept",
  idError: "the device has no such group",
  mcGroupUndefined: "no such group is set up",
  drError: "the data rate cannot be used",
  freqError: "the frequency cannot be used",
  startMissed: "the start has passed",
  participants: "every device answers, complete or not",
  ackReception: "the device reports the complete block by itself",
  encodingUnsupported: "unknown code",
  notEnoughMemory: "not enough memory for the block",
  fragIndexUnsupported: "the device has no such session",
  wrongDescriptor: "the device does not want this block",
  sessionCntReplay: "SessionCnt is not higher than the last one used",
  notEnoughMatrixMemory: "not enough memory to repair the losses",
  memoryError: "not enough memory to repair the losses",
  micError: "the block is complete but not authentic",
  sessionDoesNotExist: "no such session",
  errorNoValidImage: "there is no valid image",
  errorInvalidVersion: "the image has another version",
};

/** Empty when there is nothing to add to the value. */
export function wordsFor(command: string, field: string, value: unknown): string {
  if (typeof value === "boolean") return value ? (FLAG_WORDS[field] ?? "") : "";
  if (typeof value !== "number") return "";
  const words = NUMBER_WORDS[`${command}.${field}`] ?? NUMBER_WORDS[field];
  return words?.(value) ?? "";
}
