/** What a device does when the network manages it. */
import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { Region, RegionalSetting } from "#scenarios/regions/region.ts";
import {
  isDownlinkDr,
  isDownlinkFrequency,
  isUplinkDr,
  isUplinkFrequency,
  rx1DrOffsetMax,
} from "#sim/air/regional.ts";
import { adaptLink, type LinkADRReq } from "./link-adr.ts";
import type { MacAnswers } from "./mac-answers.ts";
import {
  CLASS_C,
  type MacDownlink,
  type MacUplink,
  macDownlink,
  macUplink,
} from "./mac-commands.wire.ts";
import { type AsksEvery, isDue, type NetworkAnswer } from "./network-word.ts";
import { channelAt, type MacSession } from "./nvm.ts";

const BATTERY_UNKNOWN = 255;
/** The simulated air has no signal levels: every downlink has this margin. */
const MARGIN_DB = 10;
const MINOR_VERSION = 1;

/**
 * What is the device's to say: of itself, on 1.1 and of its ping slots, until the server confirms it; and
 * what it asks.
 */
export function indications(
  session: MacSession,
  asks: AsksEvery = {},
  pingPeriodicity?: number,
): readonly Uint8Array[] {
  const { rekeyPending, resetPending, modePending, fCntUp } = session;
  const said: Uint8Array[] = [];
  const deviceVersion = { minor: MINOR_VERSION };
  if (resetPending) said.push(macUplink.encode({ name: "ResetInd", deviceVersion }));
  if (rekeyPending) said.push(macUplink.encode({ name: "RekeyInd", deviceVersion }));
  if (modePending) said.push(macUplink.encode({ name: "DeviceModeInd", deviceClass: CLASS_C }));
  if (pingPeriodicity !== undefined && !session.pingSlots.isAgreed) {
    const slots = { periodicity: pingPeriodicity };
    said.push(macUplink.encode({ name: "PingSlotInfoReq", slots }));
  }
  if (isDue(asks.linkCheck, fCntUp)) said.push(macUplink.encode({ name: "LinkCheckReq" }));
  if (isDue(asks.deviceTime, fCntUp)) said.push(macUplink.encode({ name: "DeviceTimeReq" }));
  return said;
}

/**
 * Executes the MAC commands of one downlink, up to the first that is unknown or truncated. Returns
 * the answers to what the device asked. `isClassA`: it came in a receive window after an uplink.
 */
export function executeMacCommands(
  bytes: Uint8Array,
  session: MacSession,
  answers: MacAnswers,
  setting: RegionalSetting,
  isClassA = true,
): readonly NetworkAnswer[] {
  const told: NetworkAnswer[] = [];
  const block: LinkADRReq[] = [];
  for (const decoded of macDownlink.decode(bytes)) {
    const command = decoded.ok ? decoded.command : undefined;
    if (command?.name === "LinkADRReq") {
      block.push(command);
      continue;
    }
    adaptLink(block.splice(0), session, answers, setting);
    if (command?.name === "LinkCheckAns" || command?.name === "DeviceTimeAns") {
      told.push(command);
      continue;
    }
    // A ping slot cannot move itself (1.0.3 §14.3).
    if (command?.name === "PingSlotChannelReq" && !isClassA) continue;
    const answer = command && execute(command, session, setting.region);
    if (answer !== undefined) answers.say(answer);
  }
  adaptLink(block, session, answers, setting);
  return told;
}

type Named<N> = Extract<MacDownlink, { name: N }>;

/** The answer, if the command has one. */
function execute(
  command: Exclude<MacDownlink, LinkADRReq | NetworkAnswer>,
  session: MacSession,
  region: Region,
): MacUplink | undefined {
  switch (command.name) {
    case "DutyCycleReq":
      session.maxDutyCycle = command.limit.maxDutyCycle;
      return { name: "DutyCycleAns" };
    case "RXParamSetupReq":
      return setUpReceiveWindows(command, session, region);
    case "DevStatusReq":
      return { name: "DevStatusAns", battery: BATTERY_UNKNOWN, radio: { marginDb: MARGIN_DB } };
    case "NewChannelReq":
      return setChannel(command, session, region);
    case "RXTimingSetupReq":
      session.rxDelayS = Math.max(command.settings.delayS, 1);
      return { name: "RXTimingSetupAns" };
    case "DlChannelReq":
      return moveRx1(command, session, region);
    case "TxParamSetupReq":
      return setDwellTime(command, session, region);
    case "ResetConf":
      session.resetPending = false;
      return undefined;
    case "RekeyConf":
      session.rekeyPending = false;
      return undefined;
    case "DeviceModeConf":
      if (command.deviceClass === CLASS_C) session.modePending = false;
      return undefined;
    case "ADRParamSetupReq":
      return setUpAdr(command, session);
    case "RejoinParamSetupReq":
      return session.keys.lorawan === "1.1"
        ? { name: "RejoinParamSetupAns", status: { timeAck: false } }
        : undefined;
    case "PingSlotInfoAns":
      session.pingSlots = { ...session.pingSlots, isAgreed: true };
      return undefined;
    case "PingSlotChannelReq":
      return movePingSlots(command, session, region);
    case "BeaconFreqReq":
      return moveBeacon(command, session, region);
    case "BeaconTimingAns": // never asked for
      return undefined;
    case "ForceRejoinReq": // the device joins when its agent says so
      return undefined;
    default:
      return command satisfies never;
  }
}

/** 1.0 does not know it. */
function setUpAdr(
  { param }: Named<"ADRParamSetupReq">,
  session: MacSession,
): MacUplink | undefined {
  if (session.keys.lorawan !== "1.1") return undefined;
  session.adrAckLimitExp = param.limitExp;
  session.adrAckDelayExp = param.delayExp;
  return { name: "ADRParamSetupAns" };
}

function setUpReceiveWindows(
  { dlSettings, frequencyHz }: Named<"RXParamSetupReq">,
  session: MacSession,
  region: Region,
): MacUplink {
  const channelAck = isDownlinkFrequency(region, frequencyHz);
  const rx2DataRateAck = isDownlinkDr(region, dlSettings.rx2DataRate);
  const rx1DrOffsetAck = dlSettings.rx1DrOffset <= rx1DrOffsetMax(region);
  if (channelAck && rx2DataRateAck && rx1DrOffsetAck) {
    session.rx1DrOffset = dlSettings.rx1DrOffset;
    session.rx2Dr = dlSettings.rx2DataRate;
    session.rx2FrequencyHz = frequencyHz;
  }
  const status = { channelAck, rx2DataRateAck, rx1DrOffsetAck };
  return { name: "RXParamSetupAns", status };
}

/** Fixed plans have no such channels; TS001 wants no answer then. */
function setChannel(
  { chIndex, frequencyHz, drRange }: Named<"NewChannelReq">,
  session: MacSession,
  region: Region,
): MacUplink | undefined {
  const { plan } = region;
  if (plan.type === "fixed") return undefined;
  const { drMin, drMax } = drRange;
  const mayChange = chIndex >= plan.defaultHz.length && chIndex < plan.channelsMax;
  const frequencyAck = mayChange && (frequencyHz === 0 || isUplinkFrequency(region, frequencyHz));
  const drRangeAck = mayChange && drMin <= drMax && isUplinkDr(region, drMax);
  if (frequencyAck && drRangeAck) {
    while (session.channels.length < chIndex) session.channels.push(undefined);
    session.channels[chIndex] =
      frequencyHz === 0 ? undefined : channelAt(frequencyHz, drMin, drMax);
  }
  return { name: "NewChannelAns", status: { frequencyAck, drRangeAck } };
}

/** Fixed plans answer where they have to; TS001 wants no answer then. */
function moveRx1(
  { chIndex, frequencyHz }: Named<"DlChannelReq">,
  session: MacSession,
  region: Region,
): MacUplink | undefined {
  if (region.plan.type === "fixed") return undefined;
  const channel = session.channels[chIndex];
  const frequencyAck = isDownlinkFrequency(region, frequencyHz);
  const uplinkFrequencyExists = channel !== undefined;
  if (frequencyAck && channel !== undefined) {
    session.channels[chIndex] = { ...channel, rx1FrequencyHz: frequencyHz };
  }
  const status = { frequencyAck, uplinkFrequencyExists };
  return { name: "DlChannelAns", status };
}

/** A dwell time takes the slowest data rates away (RP002, UplinkDwellTime). */
function drWithRoom({ dr, dwell }: MacSession, region: Region): number {
  for (let next = dr; isUplinkDr(region, next); next++) {
    if (maxPayloadBytes(region, next, { dwell: dwell.uplink }) > 0) return next;
  }
  return dr;
}

function movePingSlots(
  { frequencyHz, rate: { dataRate } }: Named<"PingSlotChannelReq">,
  session: MacSession,
  region: Region,
): MacUplink {
  const frequencyAck = frequencyHz === 0 || isDownlinkFrequency(region, frequencyHz);
  const dataRateAck = isDownlinkDr(region, dataRate);
  if (frequencyAck && dataRateAck) {
    session.pingSlots = { ...session.pingSlots, frequencyHz, dr: dataRate };
  }
  return { name: "PingSlotChannelAns", status: { frequencyAck, dataRateAck } };
}

function moveBeacon(
  { frequencyHz }: Named<"BeaconFreqReq">,
  session: MacSession,
  region: Region,
): MacUplink {
  const frequencyAck = frequencyHz === 0 || isDownlinkFrequency(region, frequencyHz);
  if (frequencyAck) session.pingSlots = { ...session.pingSlots, beaconHz: frequencyHz };
  return { name: "BeaconFreqAns", status: { frequencyAck } };
}

/** Only where countries have dwell times; elsewhere TS001 wants no answer. */
function setDwellTime(
  { eirpDwellTime }: Named<"TxParamSetupReq">,
  session: MacSession,
  region: Region,
): MacUplink | undefined {
  if (region.dwell === undefined) return undefined;
  const { uplink, downlink } = eirpDwellTime;
  session.dwell = { uplink, downlink };
  session.dr = drWithRoom(session, region);
  return { name: "TxParamSetupAns" };
}
