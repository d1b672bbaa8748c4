/** What the modem keeps over a reset. Plain data: it can be cloned, compared and stored. */
import type { DwellTime, Region, RegionalSetting } from "#scenarios/regions/region.ts";
import { isInSubBand, type PlannedChannel, plannedChannels } from "#sim/air/channels.ts";
import { isUplinkFrequency } from "#sim/air/regional.ts";
import { ADR_ACK_DELAY_EXP, ADR_ACK_LIMIT_EXP } from "./adr.ts";
import type { JoinAccept } from "./join.ts";
import { type AbpSession, getUint24, type SessionKeys } from "./session-keys.ts";

/** DlChannelReq may move its RX1. */
export interface Channel extends PlannedChannel {
  /** By the channel mask of LinkADRReq. */
  readonly enabled: boolean;
}

/** Unicast in class B, and the beacon. 0 Hz: as the region has it. */
export interface PingSlots {
  readonly frequencyHz: number;
  readonly dr: number;
  readonly beaconHz: number;
  /** The server knows how many there are (PingSlotInfoAns). */
  readonly isAgreed: boolean;
}

export interface MacSession {
  readonly devAddr: number;
  readonly keys: SessionKeys;
  /** Counter of the next uplink. */
  fCntUp: number;
  /** Lowest counters still acceptable. A 1.0 session counts all downlinks in the first. */
  nFCntDown: number;
  aFCntDown: number;
  rx1DrOffset: number;
  rx2Dr: number;
  rx2FrequencyHz: number;
  rxDelayS: number;
  dr: number;
  txPower: number;
  nbTrans: number;
  /** Uplinks since the last class A downlink, and how many are too many: 2^n (ADRParamSetupReq). */
  adrAckCnt: number;
  adrAckLimitExp: number;
  adrAckDelayExp: number;
  /** Aggregated duty cycle of 1 / 2^n over all channels (DutyCycleReq). */
  maxDutyCycle: number;
  pingSlots: PingSlots;
  /** By the device's country, until TxParamSetupReq says otherwise. */
  dwell: DwellTime;
  /** By channel index; those that every device knows come first. */
  readonly channels: (Channel | undefined)[];
  /** 1.1: RekeyInd goes out until RekeyConf comes in. */
  rekeyPending: boolean;
  /** 1.1, activated by personalization: ResetInd goes out until ResetConf comes in. */
  resetPending: boolean;
  /** 1.1, class C: DeviceModeInd goes out until DeviceModeConf comes in. */
  modePending: boolean;
}

export interface MacNvm {
  /** Counter of the next join request. */
  devNonce: number;
  /** JoinNonce of the last accept taken; -1 before the first. */
  joinNonce: number;
  session: MacSession | undefined;
}

export function channelAt(frequencyHz: number, drMin: number, drMax: number): Channel {
  return { frequencyHz, rx1FrequencyHz: frequencyHz, drMin, drMax, enabled: true };
}

/** Devices of a kind share the channels that they all know. */
const known = new Map<Region, Map<number | undefined, readonly Channel[]>>();

/** What a device has before the network says more: on a fixed plan its sub-band is enabled. */
export function defaultChannels(setting: RegionalSetting): readonly Channel[] {
  const { region, subBand } = setting;
  const ofRegion = known.get(region) ?? new Map<number | undefined, readonly Channel[]>();
  known.set(region, ofRegion);
  const found = ofRegion.get(subBand);
  if (found !== undefined) return found;
  const channels = plannedChannels(region).map((channel, index) => ({
    ...channel,
    enabled: isInSubBand(region, index, subBand),
  }));
  ofRegion.set(subBand, channels);
  return channels;
}

/** The session that a join accept opens. */
export function sessionOf(
  accept: Omit<JoinAccept, "joinNonce" | "netId" | "optNeg">,
  keys: SessionKeys,
  dr: number,
  setting: RegionalSetting,
): MacSession {
  return {
    devAddr: accept.devAddr,
    keys,
    fCntUp: 0,
    nFCntDown: 0,
    aFCntDown: 0,
    rx1DrOffset: accept.rx1DrOffset,
    rx2Dr: accept.rx2Dr,
    rx2FrequencyHz: setting.region.rx2.frequencyHz,
    rxDelayS: Math.max(accept.rxDelayS, 1),
    dr,
    txPower: 0,
    nbTrans: 1,
    adrAckCnt: 0,
    adrAckLimitExp: ADR_ACK_LIMIT_EXP,
    adrAckDelayExp: ADR_ACK_DELAY_EXP,
    maxDutyCycle: 0,
    pingSlots: {
      frequencyHz: 0,
      dr: setting.region.classB.pingSlot.dr,
      beaconHz: 0,
      isAgreed: false,
    },
    dwell: setting.dwell,
    channels: channelsOf(accept.cfList, setting),
    rekeyPending: keys.lorawan === "1.1",
    resetPending: false,
    modePending: false,
  };
}

/** The session of a device that was made with one: with the defaults of its region (1.0.4 §6.3). */
export function personalizedSession(
  { devAddr, keys }: AbpSession,
  dr: number,
  setting: RegionalSetting,
): MacSession {
  const settings = { rx1DrOffset: 0, rx2Dr: setting.region.rx2.dr, rxDelayS: 1, cfList: undefined };
  return {
    ...sessionOf({ devAddr, ...settings }, keys, dr, setting),
    rekeyPending: false,
    resetPending: keys.lorawan === "1.1",
  };
}

/** Type 0 adds five channels to a dynamic plan, type 1 masks those of a fixed one. */
const CF_LIST_FREQUENCIES = 0;
const CF_LIST_MASKS = 1;

function channelsOf(
  cfList: Uint8Array | undefined,
  setting: RegionalSetting,
): (Channel | undefined)[] {
  const { region } = setting;
  const defaults = defaultChannels(setting);
  if (cfList === undefined) return [...defaults];
  if (region.plan.type === "fixed") {
    if (cfList[15] !== CF_LIST_MASKS) return [...defaults];
    return defaults.map((channel, index) => {
      const enabled = (((cfList[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
      return enabled === channel.enabled ? channel : { ...channel, enabled };
    });
  }
  if (cfList[15] !== CF_LIST_FREQUENCIES) return [...defaults];
  const { drMin, drMax } = region.plan;
  const added = [0, 3, 6, 9, 12].map((at) => {
    const frequencyHz = 100 * getUint24(cfList, at);
    if (!isUplinkFrequency(region, frequencyHz)) return undefined;
    return channelAt(frequencyHz, drMin, drMax);
  });
  return [...defaults, ...added];
}

/** Enabled channels that carry this data rate; the defaults when a server has left none. */
export function usableChannels(
  session: MacSession,
  dr: number,
  setting: RegionalSetting,
): readonly Channel[] {
  const carries = (channel: Channel | undefined): channel is Channel =>
    channel?.enabled === true && channel.drMin <= dr && dr <= channel.drMax;
  const usable = session.channels.filter(carries);
  if (usable.length > 0) return usable;
  const defaults = defaultChannels(setting);
  const own = defaults.filter(carries);
  return own.length > 0 ? own : defaults;
}
